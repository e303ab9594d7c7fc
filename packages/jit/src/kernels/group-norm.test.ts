import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { groupNorm, silu } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpu } from '../lower/target.ts'
import { expectAgreement, expectClose, gradientsOf, reference, runOn } from '../testing/agreement.ts'
import { lay, normal, operand, runs, seeds } from '../testing/arbitraries.ts'
import { graphOf } from '../testing/onnx-of.ts'

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

test('both passes are kernels of their own', () => {
  const fn = (x: tf.Tensor4D, s: tf.Tensor) => tf.grad((t) => groupNorm(t as tf.Tensor4D, s, s, { groups: 2 }))(x)
  const { nodes } = graphOf(fn, [[1, 3, 3, 4], [4]])
  expect(nodes.map((node) => node.op)).toEqual(['Constant', 'GroupNormGrad'])
})
