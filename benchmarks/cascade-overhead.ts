// What sampling a cascade costs beside its networks, in turns in one process:
// node --conditions=@cascade-diffusion/source --import=tsx benchmarks/cascade-overhead.ts [rounds] [work] [threads]
import { type ArraysOf, float32, int32 } from '@cascade-diffusion/arrays'
import {
  baseStage,
  cascadeSampler,
  type StageSampling,
  stageSampler,
  superResolutionStage,
  type TrainedStage,
} from '@cascade-diffusion/cascade'
import { jit, onnxRuntimeNode } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { closeOver, type UNetCondition } from '@cascade-diffusion/unet'
import { columns, machine, median, writeResults } from './results.ts'

/** Cascades of two stages: those of the quickstart, and one with Improved DDPM's network. */
const works = {
  mnist: { sizes: [8, 32], channels: 1, batch: 100, steps: [25, 16], base: 32, multipliers: [1, 2], patch: 2 },
  dicebear: { sizes: [16, 64], channels: 3, batch: 24, steps: [25, 16], base: 32, multipliers: [1, 2, 2], patch: 2 },
  improved: { sizes: [16, 32], channels: 3, batch: 16, steps: [25, 16], base: 64, multipliers: [1, 2, 2], patch: 1 },
} as const

type Work = keyof typeof works

/** Milliseconds of wall time and of all threads' processor time. */
interface Time {
  readonly wall: number
  readonly cpu: number
}

async function timeOf(run: () => Promise<void>): Promise<Time> {
  const [start, used] = [performance.now(), process.cpuUsage()]
  await run()
  const { user, system } = process.cpuUsage(used)
  return { wall: performance.now() - start, cpu: (user + system) / 1000 }
}

async function measure(work: Work, rounds: number, threads: number) {
  const { sizes, channels, batch, steps, base, multipliers, patch } = works[work]
  const engine = onnxRuntimeNode({ threads })
  const compile: typeof jit = (fn) => jit(fn, { engine })
  const cosine = { schedule: { name: 'cosine', steps: 1000 } } as const
  const network = { baseChannels: base, channelMultipliers: multipliers, residualBlocks: 1, normGroups: 8 }
  const common = { imageChannels: channels, classNames: Array.from({ length: 10 }, (_, i) => `${i}`), process: cosine }
  const stages = [
    baseStage({ name: 'base', resolution: sizes[0], network, ...common }),
    superResolutionStage({
      name: 'super-resolution',
      resolution: sizes[1],
      lowResolution: sizes[0],
      augmentation: { name: 'gaussian-noise', ...cosine, maxLevel: 400 },
      network: { ...network, patchSize: patch },
      ...common,
    }),
  ]
  const trained: TrainedStage[] = stages.map((stage, i) => ({ stage, params: stage.network.init(rng(i)) }))
  const sampling = steps.map((count): StageSampling => {
    return { sampler: { name: 'ddim', eta: 1 }, steps: { count, from: 979, to: 79 } }
  })
  const labels = int32(Array.from({ length: batch }, (_, i) => i % 10))
  const lowRes = rng(1).uniform([batch, sizes[0], sizes[0], channels])
  const upper = { lowRes, level: 50 }

  const networks = trained.map(({ stage, params }) => compile(closeOver(stage.network, params)))
  const place = compile((condition: UNetCondition) => condition)
  const conditions = await Promise.all(
    [{ label: labels }, { label: labels, lowRes, augmentationLevel: int32(Array(batch).fill(50)) }].map((condition) =>
      place.onDevice(condition as ArraysOf<UNetCondition>),
    ),
  )
  const noise = float32(Array(batch).fill(500))
  const images = sizes.map((size) => rng(2).normal([batch, size, size, channels]))
  const samplers = trained.map((stage, i) => stageSampler(stage, { ...(sampling[i] as StageSampling), compile }))
  const cascade = cascadeSampler(
    { stages: trained.map((stage, i) => ({ ...stage, sampling: sampling[i] as StageSampling })) },
    { compile },
  )
  const contenders = {
    networks: async () => {
      for (const [i, network] of networks.entries())
        for (let step = 0; step < (steps[i] as number); step++)
          (await network.onDevice(images[i] as never, noise as never, conditions[i] as never)).dispose()
    },
    samplers: async () => {
      for (const [i, sampler] of samplers.entries())
        await sampler.sample({ count: batch, labels, rng: rng(3), ...(i === 1 ? upper : {}) })
    },
    cascade: async () => {
      const run = cascade.stream({ count: batch, batchSize: batch, labels, levels: [50], rng: rng(3) })
      for await (const _ of run);
    },
  }
  const times: Record<string, Time[]> = { networks: [], samplers: [], cascade: [] }
  const names = Object.keys(contenders) as (keyof typeof contenders)[]
  for (let round = -1; round < rounds; round++)
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round + names.length) % names.length] as (typeof names)[number]
      const time = await timeOf(contenders[name])
      if (round >= 0) times[name]?.push(time)
    }
  await Promise.all([cascade, place, ...networks, ...samplers].map((each) => each.dispose()))
  const of = (name: string, key: keyof Time) => median((times[name] as Time[]).map((time) => time[key]))
  /** The median of what one contender takes longer than another in the same round. */
  const over = (name: string, than: string, key: keyof Time) =>
    median((times[name] as Time[]).map((time, i) => time[key] / ((times[than] as Time[])[i] as Time)[key] - 1))
  return {
    work,
    threads,
    rounds,
    milliseconds: Object.fromEntries(names.map((name) => [name, Math.round(of(name, 'wall'))])),
    overNetworks: { wall: over('cascade', 'networks', 'wall'), cpu: over('cascade', 'networks', 'cpu') },
    overSamplers: { wall: over('cascade', 'samplers', 'wall'), cpu: over('cascade', 'samplers', 'cpu') },
  }
}

const [rounds = '15', only = 'all', threads = '2'] = process.argv.slice(2)
const results: Awaited<ReturnType<typeof measure>>[] = []
for (const work of Object.keys(works) as Work[])
  if (only === 'all' || only === work) results.push(await measure(work, Number(rounds), Number(threads)))
const percent = (x: number) => `${(100 * x).toFixed(1)} %`
console.log(
  columns([
    ['work', 'networks', 'samplers', 'cascade', 'over networks', 'processor', 'over samplers', 'processor'],
    ...results.map(({ work, milliseconds, overNetworks, overSamplers }) => [
      work,
      ...Object.values(milliseconds).map((ms) => `${ms} ms`),
      ...[overNetworks.wall, overNetworks.cpu, overSamplers.wall, overSamplers.cpu].map(percent),
    ]),
  ]),
)
if (only === 'all') console.log(writeResults('cascade-overhead', { machine: machine(), results }))
