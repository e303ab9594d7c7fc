// What sampling a cascade costs beside its networks:
// node --conditions=@cascade-diffusion/source --import=tsx benchmarks/cascade-overhead.ts [rounds]
import { type ArraysOf, int32, type NDArray } from '@cascade-diffusion/arrays'
import { baseStage, cascadeSampler, superResolutionStage, type TrainedStage } from '@cascade-diffusion/cascade'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { closeOver, type UNetCondition } from '@cascade-diffusion/unet'
import { median } from './results.ts'

const cosine = { schedule: { name: 'cosine', steps: 1000 } } as const
const classNames = Array.from({ length: 10 }, (_, i) => `${i}`)

const works = {
  mnist: {
    size: [8, 32],
    channels: 1,
    batch: 100,
    steps: [25, 16],
    base: 32,
    multipliers: [1, 2],
    attention: [],
    patch: 2,
  },
  dicebear: {
    size: [16, 64],
    channels: 3,
    batch: 24,
    steps: [25, 16],
    base: 32,
    multipliers: [1, 2, 2],
    attention: [],
    patch: 2,
  },
  improved: {
    size: [32, 64],
    channels: 3,
    batch: 8,
    steps: [10, 5],
    base: 64,
    multipliers: [1, 2, 2],
    attention: [16],
    patch: 1,
  },
} as const

async function measure(name: keyof typeof works, rounds: number) {
  const { size, channels, batch, steps, base, multipliers, attention, patch } = works[name]
  const network = {
    baseChannels: base,
    channelMultipliers: multipliers,
    residualBlocks: 1,
    normGroups: 8,
    attentionResolutions: attention,
  }
  const common = { imageChannels: channels, classNames, process: cosine }
  const stages = [
    baseStage({ name: 'base', resolution: size[0], network, ...common }),
    superResolutionStage({
      name: 'sr',
      resolution: size[1],
      lowResolution: size[0],
      augmentation: { name: 'gaussian-noise', ...cosine, maxLevel: 400 },
      network: { ...network, patchSize: patch },
      ...common,
    }),
  ]
  const trained: TrainedStage[] = stages.map((stage, i) => ({ stage, params: stage.network.init(rng(i)) }))
  const cascade = cascadeSampler(
    trained,
    steps.map((count) => ({ sampler: { name: 'ddim', eta: 1 }, steps: { count, from: 979, to: 79 }, compile: jit })),
  )
  const quiet = cascadeSampler(
    trained,
    steps.map((count) => ({ sampler: { name: 'ddim', eta: 0 }, steps: { count, from: 979, to: 79 }, compile: jit })),
  )
  const labels = int32(Array.from({ length: batch }, (_, i) => i % 10))
  const bare = trained.map(({ stage, params }) => jit(closeOver(stage.network, params)))
  const inputs = stages.map((stage, i) => {
    const condition: ArraysOf<UNetCondition> = {
      label: labels,
      lowRes: i === 0 ? undefined : rng(1).normal([batch, size[0], size[0], channels]),
      augmentationLevel: i === 0 ? undefined : int32(Array(batch).fill(50)),
    }
    const noise = { dtype: 'float32', shape: [batch], data: new Float32Array(batch).fill(500) } as NDArray<'float32'>
    return [rng(2).normal([batch, size[i]!, size[i]!, channels]), noise, condition] as const
  })
  const contenders = {
    networks: async () => {
      for (const [i, run] of bare.entries()) {
        const args = inputs[i]!
        for (let step = 0; step < steps[i]!; step++)
          (await run.onDevice(...(args as never as Parameters<typeof run>))).dispose()
      }
    },
    cascade: async () => {
      await cascade.sample({ count: batch, labels, levels: [50], rng: rng(3), batchSize: batch })
    },
  }
  Object.assign(contenders, {
    quiet: async () => {
      await quiet.sample({ count: batch, labels, levels: [50], rng: rng(3), batchSize: batch })
    },
  })
  const times: Record<string, number[]> = { networks: [], cascade: [], quiet: [] }
  const cpu: Record<string, number[]> = { networks: [], cascade: [], quiet: [] }
  for (let round = -1; round < rounds; round++)
    for (const [key, run] of round % 2 ? Object.entries(contenders) : Object.entries(contenders).reverse()) {
      const start = performance.now()
      const c0 = process.cpuUsage()
      await run()
      const c1 = process.cpuUsage(c0)
      if (round >= 0) times[key]!.push(performance.now() - start), cpu[key]!.push((c1.user + c1.system) / 1000)
    }
  const [n, c] = [median(times.networks!), median(times.cascade!)]
  const ratios = times.networks!.map((x, i) => times.cascade![i]! / x - 1)
  console.log(
    Object.fromEntries(Object.entries(cpu).map(([k, v]) => [k, median(v)])),
    Object.fromEntries(Object.entries(times).map(([k, v]) => [k, Math.min(...v)])),
  )
  console.log(name, { networks: n, cascade: c, overhead: c / n - 1, paired: median(ratios) })
  await Promise.all([cascade.dispose(), ...bare.map((b) => b.dispose())])
}

const [rounds = '7', only] = process.argv.slice(2)
for (const name of Object.keys(works) as (keyof typeof works)[])
  if (!only || only === name) await measure(name, Number(rounds))
