import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { groupNorm, silu } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpu, portable } from '../../lower/target.ts'
import { expectAgreement, expectClose, gradientsOf, reference, runOn } from '../../testing/agreement.ts'
import { lay, normal, operand, runs, seeds } from '../../testing/arbitraries.ts'
import { graphOf, onnxOf } from '../../testing/onnx-of.ts'

const cases = fc
  .record({
    n: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 5 }),
    width: fc.integer({ min: 2, max: 5 }),
    groups: fc.integer({ min: 1, max: 3 }),
    within: fc.integer({ min: 1, max: 3 }),
    each: fc.boolean(),
  })
  .chain(({ n, height, width, groups, within, each }) => {
    const channels = groups * within
    const affine = operand(each ? [n, channels] : [channels])
    return fc.record({
      groups: fc.constant(groups),
      x: operand([n, height, width, channels]),
      scale: affine,
      shift: affine,
      seed: seeds,
    })
  })

test('values and gradients, with a scale for all examples or for each', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ groups, x, scale, shift, seed }) => {
      const norm = (a: tf.Tensor, s: tf.Tensor, b: tf.Tensor) =>
        groupNorm(lay(a, x), lay(s, scale), lay(b, shift), { groups, epsilon: 1e-2 })
      return expectAgreement(
        (...args: [tf.Tensor, tf.Tensor, tf.Tensor]) => ({
          value: norm(...args),
          // A SiLU after it, as in the U-Net.
          gradients: gradientsOf((...t: [tf.Tensor, tf.Tensor, tf.Tensor]) => silu(norm(...t)))(...args),
        }),
        [normal(x, seed), normal(scale, seed, 'scale'), normal(shift, seed, 'shift')],
        { tolerance: 1e-4 },
      )
    }),
    runs(30),
  ))

test('a mean a thousand times the deviation does not swallow the variance', async () => {
  const plain = { shape: [2, 8, 8, 4], perm: [0, 1, 2, 3] }
  const far = normal(plain, 3)
  far.data.forEach((x, i) => {
    far.data[i] = x + 1000
  })
  const fn = (x: tf.Tensor4D, one: tf.Tensor1D, zero: tf.Tensor1D) => groupNorm(x, one, zero, { groups: 2 })
  const args = [far, float32([1, 1, 1, 1]), float32([0, 0, 0, 0])] as const
  const expected = normalised(far, 2)
  expectClose(await runOn(cpu, fn, args), expected, 1e-3)
  expectClose(await reference(fn, args), expected, 1e-3)
})

/** Group normalisation in float64, with the default epsilon. */
function normalised(x: NDArray<'float32'>, groups: number): NDArray {
  const [n, h, w, c] = x.shape as [number, number, number, number]
  const groupOf = (i: number) => Math.floor(i / (h * w * c)) * groups + Math.floor((i % c) / (c / groups))
  const size = (h * w * c) / groups
  const means = new Float64Array(n * groups)
  const variances = new Float64Array(n * groups)
  x.data.forEach((value, i) => {
    means[groupOf(i)]! += value / size
  })
  x.data.forEach((value, i) => {
    variances[groupOf(i)]! += (value - means[groupOf(i)]!) ** 2 / size
  })
  return float32(
    x.data.map((value, i) => (value - means[groupOf(i)]!) / Math.sqrt(variances[groupOf(i)]! + 1e-5)),
    x.shape,
  )
}

/** Group normalisation of one image in float64 by its definition, and the gradients of Σ y·dy by the chain rule. */
function normalisedWithGradients(x: Float32Array, dy: Float32Array, scale: Float32Array, shift: Float32Array) {
  const [channels, groups] = [scale.length, 2]
  const size = x.length / groups
  const group = (i: number) => Math.floor((i % channels) / (channels / groups))
  const sums = (of: (i: number) => number) => {
    const result = new Float64Array(groups)
    for (let i = 0; i < x.length; i++) result[group(i)]! += of(i)
    return result
  }
  const mean = sums((i) => x[i]! / size)
  const variance = sums((i) => (x[i]! - mean[group(i)]!) ** 2 / size)
  const unit = Float64Array.from(x, (v, i) => (v - mean[group(i)]!) / Math.sqrt(variance[group(i)]! + 1e-5))
  const back = Float64Array.from(dy, (v, i) => v * scale[i % channels]!)
  const flat = sums((i) => back[i]! / size)
  const sloped = sums((i) => (back[i]! * unit[i]!) / size)
  const dx = back.map((v, i) => {
    const g = group(i)
    return (v - flat[g]! - unit[i]! * sloped[g]!) / Math.sqrt(variance[g]! + 1e-5)
  })
  const [dScale, dShift] = [new Float64Array(channels), new Float64Array(channels)]
  dy.forEach((v, i) => {
    dScale[i % channels]! += v * unit[i]!
    dShift[i % channels]! += v
  })
  return { y: unit.map((v, i) => v * scale[i % channels]! + shift[i % channels]!), dx, dScale, dShift }
}

/** The root of the mean square of the differences over that of the right values. */
const error = (actual: ArrayLike<number>, right: Float64Array) => {
  const squares = right.reduce((sum, y, i) => sum + (actual[i]! - y) ** 2, 0)
  return Math.sqrt(squares / right.reduce((sum, y) => sum + y * y, 0))
}

// What PyTorch 2.15 (one thread, NCHW) is wrong by on these very numbers, against its float64.
test.each([
  ['around 1', 128, { y: 4.6e-6, dx: 4.4e-7, dScale: 1.9e-4, dShift: 8.5e-7 }],
  ['around 1', 256, { y: 4.3e-6, dx: 4.2e-7, dScale: 3.5e-4, dShift: 3.5e-6 }],
  ['normal', 128, { y: 3.9e-8, dx: 4.5e-8, dScale: 6.4e-7, dShift: 8.5e-7 }],
  ['normal', 256, { y: 3.6e-8, dx: 4.7e-8, dScale: 1.9e-6, dShift: 3.5e-6 }],
] as const)(
  'of values %s at %i pixels a side is at most 3 times as far from float64 as PyTorch is',
  async (kind, size, theirs) => {
    const shape = [1, size, size, 8]
    const drawn = rng(1).normal(shape)
    const x =
      kind === 'normal'
        ? drawn
        : float32(
            drawn.data.map((v) => 1 + 0.01 * v),
            shape,
          )
    const args = [x, rng(2).normal(shape), rng(3).normal([8]), rng(4).normal([8])] as const
    const right = normalisedWithGradients(args[0].data, args[1].data, args[2].data, args[3].data)
    const fn = (x: tf.Tensor4D, dy: tf.Tensor4D, scale: tf.Tensor1D, shift: tf.Tensor1D) => {
      const norm = (x: tf.Tensor4D, scale: tf.Tensor, shift: tf.Tensor) => groupNorm(x, scale, shift, { groups: 2 })
      const [dx, dScale, dShift] = tf.grads((...t: tf.Tensor[]) =>
        tf.sum(tf.mul(norm(t[0] as tf.Tensor4D, t[1]!, t[2]!), dy)),
      )([x, scale, shift])
      return { y: norm(x, scale, shift), dx, dScale, dShift }
    }
    for (const target of [cpu, portable]) {
      const ours = (await runOn(target, fn, args)) as unknown as Record<keyof typeof right, NDArray>
      for (const part of ['y', 'dx', 'dScale', 'dShift'] as const)
        expect(error(ours[part].data, right[part]), `${target.name}: ${part}`).toBeLessThan(3 * theirs[part])
    }
  },
)

test('large groups are normalised in 32 bits where others are in 16', () => {
  const half = (size: number) => {
    const fn = (x: tf.Tensor4D, w: tf.Tensor4D, s: tf.Tensor1D) =>
      groupNorm(tf.conv2d(x, w, 1, 'same') as tf.Tensor4D, s, s, { groups: 2 })
    const { nodes } = onnxOf(portable, fn, [[1, size, size, 4], [1, 1, 4, 8], [8]])
    const norms = nodes.filter(({ name }) => name?.startsWith('GroupNorm'))
    return new Set(norms.map((node) => node.half ?? false))
  }
  expect(half(16)).toEqual(new Set([true]))
  expect(half(64)).toEqual(new Set([false]))
})

test('both passes are kernels of their own', () => {
  const fn = (x: tf.Tensor4D, s: tf.Tensor) => tf.grad((t) => groupNorm(t as tf.Tensor4D, s, s, { groups: 2 }))(x)
  const { nodes } = graphOf(fn, [[1, 3, 3, 4], [4]])
  expect(nodes.map((node) => node.op)).toEqual(['Constant', 'GroupNormGrad'])
})
