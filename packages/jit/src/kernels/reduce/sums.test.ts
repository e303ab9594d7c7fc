import { float32, type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { cpu, portable, type Target } from '../../lower/target.ts'
import { runOn } from '../../testing/agreement.ts'
import { expectAnyBatch } from '../../testing/any-batch.ts'
import { onnxOf } from '../../testing/onnx-of.ts'

/** Half the distance from 1 to the next float32. */
const unit = 2 ** -24
const targets = [cpu, portable]

/** What sums by pairs of n numbers of one sign may be wrong by, twice over (Higham 2002, 4.2). */
const pairwise = (n: number) => 2 * Math.log2(n) * unit

/** Numbers from 0.5 to 1.5: of one sign, so that the error is relative to the sum. */
const positive = (shape: readonly number[], seed = 1): NDArray<'float32'> => {
  const { data } = rng(seed).uniform(shape)
  return float32(
    data.map((x) => x + 0.5),
    shape,
  )
}

/** Sums in float64 over some axes, in the order of those that are left. */
function exactSums({ data, shape }: NDArray, axes: readonly number[]): number[] {
  const left = shape.map((d, i) => (axes.includes(i) ? 1 : d))
  const strides = left.map((_, i) => left.slice(i + 1).reduce((a, b) => a * b, 1))
  const sums = new Array<number>(left.reduce((a, b) => a * b, 1)).fill(0)
  const at = shape.map(() => 0)
  for (const x of data) {
    const place = at.reduce((sum, i, k) => sum + (axes.includes(k) ? 0 : i * (strides[k] as number)), 0)
    sums[place] = (sums[place] as number) + Number(x)
    for (let k = shape.length - 1; k >= 0 && ++at[k]! === shape[k]; k--) at[k] = 0
  }
  return sums
}

/** The greatest relative difference. */
const farthest = (actual: ArrayLike<number>, expected: readonly number[]) =>
  expected.reduce((most, y, i) => Math.max(most, Math.abs((actual[i] as number) - y) / Math.abs(y)), 0)

describe.each(targets.map((target) => [target.name, target] as const))('on the target %s', (_, target: Target) => {
  test.each([16, 18, 20, 22])('the mean of 2^%i numbers 0.1 is 0.1', async (log) => {
    const n = 2 ** log
    const mean = await runOn(target, (x: tf.Tensor) => tf.mean(x), [ndarray(new Float32Array(n).fill(0.1), [n])])
    expect(Math.abs((mean as NDArray).data[0]! / Math.fround(0.1) - 1)).toBeLessThan(pairwise(n))
  })

  // Inner, outer, middle and several axes; powers of two, products of other numbers, and primes, which nothing divides.
  test.each([
    [[64, 4096], [1]],
    [[3, 65537], [1]],
    [[65536, 4], [0]],
    [[127 * 127, 3], [0]],
    [[65537, 3], [0]],
    [[2 * 8209, 5], [0]],
    [[4, 30030, 3], [1]],
    [[2, 16411, 5], [1]],
    [
      [128, 96, 2, 8],
      [0, 1],
    ],
    [
      [2, 128, 96, 8],
      [1, 2],
    ],
    [
      [64, 3, 64, 5],
      [0, 2],
    ],
    [
      [8, 2, 8, 3, 8, 2, 8, 4, 8],
      [0, 2, 4, 6, 8],
    ],
    [
      [3, 8209, 11],
      [0, 2],
    ],
    [
      [3, 8209, 11],
      [0, 1, 2],
    ],
    [
      [3, 16411, 2],
      [0, 1],
    ],
    [
      [1, 20011, 1],
      [0, 1],
    ],
  ])('sums and means of %j over the axes %j', async (shape, axes) => {
    const x = positive(shape)
    const expected = exactSums(x, axes)
    const n = axes.reduce((count, axis) => count * shape[axis]!, 1)
    const perm = shape.map((_, i) => shape.length - 1 - i)
    const result = await runOn(
      target,
      (x: tf.Tensor) => {
        const turned = tf.transpose(x, perm)
        const other = axes.map((axis) => perm.indexOf(axis))
        return {
          sum: tf.sum(x, axes),
          mean: tf.mean(x, axes, true),
          // Added to something laid out the other way round, so that it really lies so.
          turned: tf.transpose(tf.sum(tf.add(tf.zeros(turned.shape), turned), other)),
        }
      },
      [x],
    )
    const { sum, mean, turned } = result as Record<string, NDArray>
    expect(mean!.shape).toEqual(shape.map((d, i) => (axes.includes(i) ? 1 : d)))
    for (const { data } of [sum!, turned!]) expect(farthest(data as Float32Array, expected)).toBeLessThan(pairwise(n))
    expect(
      farthest(
        mean!.data as Float32Array,
        expected.map((s) => s / n),
      ),
    ).toBeLessThan(pairwise(n))
  })

  test('what is built on sums: norms, moments, softmax, logarithms of sums, running sums', async () => {
    const n = 2 ** 18
    const x = rng(2).normal([n])
    const scores = float32(
      x.data.map((_, i) => (i === 7 ? 0 : Math.log(0.1))),
      [n],
    )
    const constant = ndarray(new Float32Array(n).fill(0.1), [n])
    const result = await runOn(
      target,
      (x: tf.Tensor, scores: tf.Tensor, constant: tf.Tensor) => ({
        norm: tf.norm(x),
        moments: tf.moments(x),
        softmax: tf.slice(tf.softmax(scores), 7, 1),
        logSoftmax: tf.slice(tf.logSoftmax(scores), 7, 1),
        logSumExp: tf.logSumExp(scores),
        cumsum: tf.cumsum(constant),
        reverse: tf.cumsum(tf.reshape(constant, [4, n / 4]), 1, true, true),
      }),
      [x, scores, constant],
    )
    const { norm, moments, softmax, logSoftmax, logSumExp, cumsum, reverse } = result as unknown as {
      [name: string]: NDArray
    } & { moments: { mean: NDArray; variance: NDArray } }
    const squares = x.data.reduce((sum, v) => sum + v * v, 0)
    const total = x.data.reduce((sum, v) => sum + v, 0)
    const close = (actual: number, expected: number, scale = expected, times = 1) =>
      expect(Math.abs(actual - expected) / Math.abs(scale)).toBeLessThan(times * pairwise(n))
    close(norm!.data[0]!, Math.sqrt(squares))
    close(moments.mean.data[0]!, total / n, 1)
    close(moments.variance.data[0]!, squares / n - (total / n) ** 2)
    const small = Math.exp(Math.fround(Math.log(0.1)))
    const sum = 1 + (n - 1) * small
    close(softmax!.data[0]!, 1 / sum)
    close(logSoftmax!.data[0]!, -Math.log(sum))
    close(logSumExp!.data[0]!, Math.log(sum))
    const value = Math.fround(0.1)
    // A block of running sums has no sums side by side.
    const near = (actual: number, expected: number) => close(actual, expected, expected, 2)
    for (const i of [0, 1, 255, 256, 257, 5000, n - 2, n - 1]) near(cumsum!.data[i]!, (i + 1) * value)
    for (const i of [n / 4, n / 4 + 1, n / 4 + 5000, n / 2 - 2]) near(reverse!.data[i]!, (n / 2 - 1 - i) * value)
    expect(reverse!.data[n / 2 - 1]).toBe(0)
  })
})

test('what is not finite is added up as ever', async () => {
  const n = 8209
  const data = new Float32Array(n).fill(1)
  const put = (value: number) => data.map((x, i) => (i === 5000 ? value : x))
  const given = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const target of targets)
    for (const value of given) {
      const sum = (await runOn(target, (x: tf.Tensor) => tf.sum(x), [float32(put(value), [n])])) as NDArray
      expect(sum.data[0]).toBe(value)
    }
})

test('integers and short sums are one operator each', () => {
  const count = (fn: (x: tf.Tensor) => tf.Tensor, shape: number[]) =>
    onnxOf(portable, fn, [shape]).nodes.filter(({ opType }) => opType === 'ReduceSum').length
  expect(count((x) => tf.sum(x), [4000])).toBe(1)
  expect(count((x) => tf.sum(x, 1), [100, 1024])).toBe(1)
  expect(count((x) => tf.sum(tf.cast(x, 'int32')), [2 ** 16])).toBe(1)
  expect(count((x) => tf.sum(x), [2 ** 16])).toBe(2)
})

describe('for any number of images', () => {
  const uniforms =
    (...shape: number[]) =>
    (n: number) => [positive([n, ...shape], n)]

  test('sums over the batch, beside it, and of all', () =>
    expectAnyBatch(
      (x) => ({
        all: tf.mean(x),
        each: tf.mean(x, [1, 2, 3]),
        outer: tf.sum(x, [0, 1]),
        batch: tf.sum(x, 0),
        flat: tf.mean(tf.reshape(x, [-1])),
        channels: tf.sum(tf.reshape(x, [-1, 3]), 0),
        turned: tf.sum(tf.transpose(x, [3, 0, 1, 2]), [1, 3]),
        softmax: tf.softmax(tf.reshape(x, [x.shape[0], -1])),
      }),
      uniforms(32, 48, 3),
      { tolerance: 2e-6 },
    ))

  // tfjs's own running sums are those of float32, one by one.
  test('running sums along the batch', () =>
    expectAnyBatch((x) => tf.cumsum(tf.reshape(x, [-1, 3]), 0), uniforms(32, 48, 3), { tolerance: 1e-5 }))

  test('lengths that are no multiples of the batch, and rows of prime length', () =>
    expectAnyBatch(
      (x) => {
        const more = tf.concat([x, tf.ones([3, 521, 4])])
        return [tf.sum(more), tf.sum(more, 0), tf.sum(tf.reshape(more, [-1, 4]), 0), tf.mean(x, [0, 2])]
      },
      uniforms(521, 4),
      { tolerance: 5e-6 },
    ))

  test.each([12, 15, 16, 60, 64])('rows of %i numbers, few at one size and many at another', (k) =>
    expectAnyBatch((x) => [tf.sum(x), tf.sum(tf.concat([x, tf.ones([1, k])]))], uniforms(k), { tolerance: 2e-6 }),
  )
})
