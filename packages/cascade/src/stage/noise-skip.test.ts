import '@tensorflow/tfjs-backend-cpu'
import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { processOf } from '@cascade-diffusion/diffusion'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { type Tensor1D, type Tensor4D, zerosLike } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { noiseSkip } from './noise-skip.ts'
import { baseStage } from './stage.ts'
import type { StageNetwork } from './stage-network.ts'

const T = 1000
const alpha = (t: number) => {
  const bar = (u: number) => Math.cos(((u / T + 0.008) / 1.008) * (Math.PI / 2)) ** 2
  return Math.sqrt(bar(t + 1) / bar(0))
}
const process = processOf({ schedule: { name: 'cosine', steps: T } })
const xt = rng(3).normal([2, 2, 2, 1])
const times = [100, 900]

const run = (network: StageNetwork) =>
  eager((x: Tensor4D, t: Tensor1D) => network.apply({}, x, t, {}))(xt as NDArray, float32(times)) as Promise<NDArray>

test('gives σ x_t + α F(x_t), each image at its own step', async () => {
  const echo: StageNetwork = { config: {}, init: () => ({}), apply: (_, x) => x }
  const nothing: StageNetwork = { ...echo, apply: (_, x) => zerosLike(x) }
  const [withF, without] = [await run(noiseSkip(echo, process)), await run(noiseSkip(nothing, process))]
  xt.data.forEach((x, i) => {
    const a = alpha(times[Math.floor(i / 4)]!)
    const sigma = Math.sqrt(1 - a ** 2)
    expect(without.data[i]).toBeCloseTo(sigma * x, 5)
    expect(withF.data[i]).toBeCloseTo((sigma + a) * x, 5)
  })
})

test('is part of what a stage says of itself', () => {
  const size = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 }
  const make = (noiseSkip: boolean) =>
    baseStage({
      name: 'base',
      resolution: 4,
      imageChannels: 1,
      process: { schedule: { name: 'cosine', steps: T } },
      network: { ...size, noiseSkip },
    })
  expect(make(true).description.network).toMatchObject({ noiseSkip: true, baseChannels: 8 })
  expect(make(false).description.network).not.toHaveProperty('noiseSkip')
})

test('resized, it has the skip too; a custom network may have one size only', async () => {
  const echo: StageNetwork = { config: { side: 2 }, init: () => ({}), apply: (_, x) => x }
  expect(noiseSkip(echo, process).resized).toBeUndefined()
  const doubling: StageNetwork = { ...echo, resized: ([side]) => ({ ...echo, config: { side } }) }
  const resized = noiseSkip(doubling, process).resized!([4, 4])
  expect(resized.config).toEqual({ side: 4, noiseSkip: true })
  expect(await run(resized)).toEqual(await run(noiseSkip(echo, process)))

  const size = { baseChannels: 8, channelMultipliers: [1, 2], residualBlocks: 1, normGroups: 4, noiseSkip: true }
  const { network } = baseStage({
    name: 'base',
    resolution: [4, 6],
    imageChannels: 1,
    process: { schedule: { name: 'cosine', steps: T } },
    network: { ...size, attentionResolutions: [2] },
  })
  expect(network.resized!([8, 8]).config).toMatchObject({ resolution: 8, attentionResolutions: [4], noiseSkip: true })
  expect(() => network.resized!([8, 9])).toThrow('got a width of 9 in 8×9')
})
