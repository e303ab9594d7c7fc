import '@tensorflow/tfjs-backend-cpu'
import { join } from 'node:path'
import { float32, int32 } from '@cascade-diffusion/arrays'
import { baseStage, stageSampler } from '@cascade-diffusion/cascade'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { createSampler, ddim, processOf, spacedSteps } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference, temporaryFolder } from '@cascade-diffusion/testing'
import { closeOver, toGuidedDiffusion, unet } from '@cascade-diffusion/unet'
import { expect, test } from 'vitest'
import { fromPretrained } from './from-pretrained.ts'

const net = unet({
  resolution: 8,
  imageChannels: 1,
  baseChannels: 32,
  channelMultipliers: [1],
  residualBlocks: 1,
  numClasses: 3,
})
/** Weights that are nowhere zero. */
const params = Object.fromEntries(
  Object.entries(net.parameterShapes).map(([name, shape]) => {
    const { data } = rng(1).fold(name).normal(shape)
    return [
      name,
      float32(
        data.map((v) => 0.1 * v),
        shape,
      ),
    ]
  }),
)
const label = int32([0, 2])
const shape = [2, 8, 8, 1]

/** The checkpoint of a training with guided-diffusion. */
async function checkpoint(): Promise<string> {
  const path = join(temporaryFolder(), 'ema_0.9999_250000.safetensors')
  await writeSafetensors(path, toGuidedDiffusion(params, net.config))
  return path
}
const flags = '--image_size 8 --num_heads 1 --noise_schedule cosine --diffusion_steps 100'

/** DDIM (Song et al. 2021, equation 12) by itself, with the predicted x0 clipped. */
async function byHand(steps: readonly number[]): Promise<Float64Array> {
  const alphaBar = (t: number) => {
    let product = 1
    const f = (u: number) => Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2
    for (let i = 0; i <= t; i++) product *= 1 - Math.min(1 - f((i + 1) / 100) / f(i / 100), 0.999)
    return product
  }
  const run = eager(net.apply)
  let x = Float64Array.from(rng(7).fold('initial').normal(shape).data)
  for (const [i, t] of steps.entries()) {
    const { data } = await run(params, float32(x, shape), float32([t, t]), { label })
    const [now, next] = [alphaBar(t), i + 1 < steps.length ? alphaBar(steps[i + 1]!) : 1]
    x = x.map((value, j) => {
      const x0 = Math.min(Math.max((value - Math.sqrt(1 - now) * data[j]!) / Math.sqrt(now), -1), 1)
      const epsilon = (value - Math.sqrt(now) * x0) / Math.sqrt(1 - now)
      return Math.sqrt(next) * x0 + Math.sqrt(1 - next) * epsilon
    })
  }
  return x
}

test('a loaded network is sampled by createSampler and jit, as docs/pretrained.md has it', async () => {
  const found = await fromPretrained(await checkpoint(), { flags })
  if (found.kind !== 'unet') throw new Error(`expected a U-Net, got a ${found.kind}`)
  const process = processOf(found.process)
  const network = closeOver(found.network, found.params)
  const sampler = createSampler({ network, process, sampler: ddim(), compile: jit })
  const steps = spacedSteps(process, 5)
  const images = await sampler.sample({ shape, condition: { label }, rng: rng(7), steps })
  await sampler.dispose()
  expect(images.data.some((v) => Math.abs(v) < 1)).toBe(true)
  expect(greatestDifference(images.data, await byHand(steps))).toBeLessThan(1e-4)
})

test('a stage of it takes the spacing that the flags have', async () => {
  const found = await fromPretrained(await checkpoint(), { flags: `${flags} --timestep_respacing ddim5` })
  if (found.kind !== 'unet') throw new Error(`expected a U-Net, got a ${found.kind}`)
  const stage = baseStage({
    name: 'loaded',
    resolution: 8,
    imageChannels: 1,
    classNames: ['a', 'b', 'c'],
    process: found.process,
    network: found.network,
  })
  const sampler = stageSampler({ stage, params: found.params }, { ...found.sampling, sampler: ddim(), compile: jit })
  const images = await sampler.sample({ count: 2, labels: label, rng: rng(7) })
  await sampler.dispose()
  expect(greatestDifference(images.data, await byHand([80, 60, 40, 20, 0]))).toBeLessThan(1e-4)
})
