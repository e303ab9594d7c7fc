import '@tensorflow/tfjs-backend-cpu'
import type { Params } from '@cascade-diffusion/arrays'
import { float32, int32, type NDArray } from '@cascade-diffusion/arrays'
import { cpu, cpuExact, jit, onnxRuntimeNode, portable } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { residualBlock } from './blocks/blocks.ts'
import type { UNetCondition } from './condition.ts'
import type { UNetConfig } from './config/config.ts'
import { replaceFilterGradient } from './filter-gradient.ts'
import { planOf, type ResidualStep } from './plan.ts'
import { type UNetOptions, unet } from './unet.ts'

replaceFilterGradient()

const config: UNetConfig = {
  resolution: 8,
  imageChannels: 2,
  baseChannels: 8,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
  normGroups: 4,
  attentionResolutions: [4],
  dropout: 0.3,
  resampling: 'residual',
}
const random = rng(3)
const params = Object.fromEntries(
  Object.entries(unet(config).parameterShapes).map(([name, shape]) => {
    const { data } = random.fold(name).normal(shape)
    const scaled = data.map((v) => 0.2 * v)
    return [name, float32(scaled, shape)]
  }),
)
const xt = random.fold('xt').normal([3, 8, 8, 2])
const noise = float32([3, 900, 40])
const seeds = int32([1, 70_000, 2 ** 24 - 3])

/** The output and all gradients of its square. */
const gradientsOf =
  (given = config, options: UNetOptions = {}) =>
  (p: Params<tf.Tensor>, image: tf.Tensor4D, t: tf.Tensor1D, condition: UNetCondition) => {
    const net = unet(given, options)
    const names = Object.keys(p)
    const apply = (...values: tf.Tensor[]) =>
      net.apply(Object.fromEntries(names.map((name, i) => [name, values[i]!])), image, t, condition)
    const grads = tf.grads((...values: tf.Tensor[]) => tf.mean(tf.square(apply(...values))))(names.map((n) => p[n]!))
    return { output: net.apply(p, image, t, condition), grads }
  }

/** The greatest difference relative to the greatest magnitude. */
function difference(a: NDArray, b: NDArray): number {
  expect(a.shape).toEqual(b.shape)
  const greatest = greatestDifference(b.data, new Float32Array(b.data.length))
  return greatestDifference(a.data, b.data) / Math.max(1e-3, greatest)
}

test('with the same seeds every engine drops the same, recomputed or not, in batches of any size', async () => {
  const expected = await eager(gradientsOf())(params, xt, noise, { dropout: seeds })
  const ways = [
    { target: cpu, recompute: true },
    { target: cpuExact, recompute: false },
    { target: portable, recompute: false, dynamicBatch: [null, 0, 0, 0] },
  ] as const
  for (const { target, recompute, ...options } of ways) {
    const engine = onnxRuntimeNode({ target, threads: 1 })
    const compiled = jit(gradientsOf(config, { recompute }), { engine, ...options })
    const actual = await compiled(params, xt, noise, { dropout: seeds })
    await compiled.dispose()
    expect(difference(actual.output, expected.output), target.name).toBeLessThan(1e-4)
    for (const [i, grad] of actual.grads.entries())
      expect(difference(grad, expected.grads[i]!), `${target.name}: ${Object.keys(params)[i]}`).toBeLessThan(1e-4)
  }
})

test('each block and each example has its own mask, and another seed gives another output', async () => {
  const run = (dropout: NDArray, x = xt, t = noise) => eager(unet(config).apply)(params, x, t, { dropout })
  const [first, other] = [await run(seeds), await run(int32([2, 70_000, 2 ** 24 - 3]))]
  const image = (y: NDArray, n: number) => float32(y.data.slice(n * 128, (n + 1) * 128))
  expect(difference(image(first, 0), image(other, 0))).toBeGreaterThan(0.01)
  expect(image(other, 1)).toEqual(image(first, 1))
  // The same image at the same time, twice with one seed and once with another.
  const twin = { ...xt, data: xt.data.map((_, i) => xt.data[i % 128]!) }
  const same = await run(int32([5, 5, 6]), twin, float32([7, 7, 7]))
  expect(image(same, 0)).toEqual(image(same, 1))
  expect(difference(image(same, 0), image(same, 2))).toBeGreaterThan(0.01)
})

test('what is dropped is the input of the last convolution', () => {
  const net = unet(config)
  const [first] = planOf(net.config).down as [ResidualStep]
  const identity = float32(
    Array.from({ length: 9 * 8 * 8 }, (_, i) => (Math.floor(i / 64) === 4 && Math.floor(i / 8) % 8 === i % 8 ? 1 : 0)),
    [3, 3, 8, 8],
  )
  const block = { ...params, 'down.0.0.conv2.kernel': identity, 'down.0.0.conv2.bias': float32(new Array(8).fill(0)) }
  tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(block).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
    )
    const [x, embedding] = [tf.randomNormal([3, 8, 8, 8], 0, 1, 'float32', 5), tf.ones([3, 32])]
    const branch = (given?: tf.Tensor1D) => {
      const condition = { activated: embedding as tf.Tensor2D, seeds: given }
      const y = residualBlock(tensors, net.config, first, x as tf.Tensor4D, condition)
      return tf.sub(y, x).dataSync()
    }
    const [kept, dropped] = [branch(), branch(tf.tensor1d([4, 5, 6], 'int32'))]
    let zeros = 0
    dropped.forEach((v, i) => {
      if (v === 0) zeros++
      else expect(v).toBeCloseTo(kept[i]! / 0.7, 4)
    })
    // Within four standard deviations.
    const n = kept.length
    expect(Math.abs(zeros - 0.3 * n)).toBeLessThan(4 * Math.sqrt(0.3 * 0.7 * n))
  })
})

test('without seeds, or at a rate of 0, nothing is dropped', async () => {
  const plain = unet({ ...config, dropout: 0 })
  const expected = await eager(plain.apply)(params, xt, noise, {})
  expect(await eager(unet(config).apply)(params, xt, noise, {})).toEqual(expected)
  expect(await eager(plain.apply)(params, xt, noise, { dropout: seeds })).toEqual(expected)
  expect(() => unet({ ...config, dropout: 1 })).toThrow('unet: expected dropout, a rate from 0 to below 1, got 1')
  await expect(eager(unet(config).apply)(params, xt, noise, { dropout: float32([1, 2, 3]) })).rejects.toThrow(
    'unet: expected condition.dropout of int32, got float32',
  )
  await expect(eager(unet(config).apply)(params, xt, noise, { dropout: int32([1]) })).rejects.toThrow(
    'unet: expected condition.dropout of shape [3], got [1]',
  )
})
