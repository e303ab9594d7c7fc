import '@tensorflow/tfjs-backend-cpu'
import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { attention, groupNorm, silu } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { jit } from './jit.ts'
import { cpu, cpuExact, portable } from './lower/target.ts'
import { reference } from './testing/agreement.ts'
import { roundingEngine } from './testing/rounding-engine.ts'

/** A network with all that those of diffusion models have. */
function network(x: tf.Tensor4D, w1: tf.Tensor4D, w2: tf.Tensor4D, gain: tf.Tensor1D): tf.Tensor4D {
  const [n = 0, size = 0] = x.shape
  const h = tf.conv2d(x, w1, 1, 'same') as tf.Tensor4D
  const normal = silu(groupNorm(h, gain, gain, { groups: 4 }))
  const rows = tf.reshape(normal, [n, size * size, 16]) as tf.Tensor3D
  const attended = tf.reshape(attention(rows, rows, rows), h.shape) as tf.Tensor4D
  return tf.conv2d(tf.concat([h, attended], 3) as tf.Tensor4D, w2, 1, 'same')
}

const key = rng(3)
const scaled = (label: string, shape: number[], by: number) =>
  float32(
    key
      .fold(label)
      .normal(shape)
      .data.map((x) => x * by),
    shape,
  )
const args = [
  scaled('x', [2, 8, 8, 3], 1),
  scaled('w1', [3, 3, 3, 16], 0.2),
  scaled('w2', [3, 3, 32, 3], 0.06),
  scaled('gain', [16], 1),
] as const

/** The largest difference, relative to the largest number. */
function difference(actual: NDArray, expected: NDArray): number {
  const largest = (numbers: ArrayLike<number>) => Array.from(numbers).reduce((m, x) => Math.max(m, Math.abs(x)), 0)
  return largest(Array.from(expected.data, (y, i) => y - actual.data[i]!)) / largest(expected.data)
}

test.each([
  ['float16', 2 ** -11],
  ['bfloat16', 2 ** -8],
] as const)('a network and its gradients in %s are as exact as its numbers', async (precision, unit) => {
  const loss = (...xs: Parameters<typeof network>) => tf.mean(tf.square(network(...xs)))
  const fn = (...xs: Parameters<typeof network>) => [network(...xs), ...tf.grads(loss as never)([...xs])]
  const expected = (await reference(fn, args)) as NDArray[]
  for (const target of [portable, cpuExact, cpu]) {
    const compiled = jit(fn, { engine: roundingEngine(target), precision })
    const actual = (await compiled(...args)) as NDArray[]
    await compiled.dispose()
    for (const [i, y] of expected.entries()) {
      const error = difference(actual[i]!, y)
      expect(actual[i]!.shape).toEqual(y.shape)
      expect(error, `${target.name} ${i}`).toBeLessThan(20 * unit)
      // It has been rounded.
      expect(error, `${target.name} ${i}`).toBeGreaterThan(unit / 50)
    }
  }
})

test('what is too large for float16 overflows, and nothing of it in bfloat16', async () => {
  const fn = (x: tf.Tensor2D) => tf.matMul(tf.matMul(x, x), x)
  const run = async (precision: 'float16' | 'bfloat16') => {
    const compiled = jit(fn, { engine: roundingEngine(), precision })
    const result = await compiled(float32([256, 0, 0, 2], [2, 2]))
    await compiled.dispose()
    return Array.from(result.data)
  }
  expect((await run('float16'))[0]).toBe(Number.POSITIVE_INFINITY)
  expect(await run('bfloat16')).toEqual([2 ** 24, 0, 0, 8])
})

test('one program for all batch sizes', async () => {
  const compiled = jit((x: tf.Tensor2D, w: tf.Tensor2D) => tf.relu(tf.matMul(x, w)), {
    engine: roundingEngine(),
    precision: 'float16',
    dynamicBatch: [0, null],
  })
  const w = float32([1 / 3], [1, 1])
  for (const n of [1, 4]) {
    const { data } = await compiled(float32(new Float32Array(n).fill(3), [n, 1]), w)
    expect(Array.from(data)).toEqual(Array(n).fill(1))
  }
  await compiled.dispose()
})

test("ONNX Runtime's own provider takes float16, and says that it has no bfloat16", async () => {
  const fn = (x: tf.Tensor2D) => tf.matMul(x, x)
  const x = float32([1, 2, 3, 4], [2, 2])
  const half = jit(fn, { engine: 'cpu', precision: 'float16' })
  expect(Array.from((await half(x)).data)).toEqual([7, 10, 15, 22])
  await half.dispose()
  await expect(jit(fn, { engine: 'cpu', precision: 'bfloat16' })(x)).rejects.toThrow(
    /the engine 'onnxruntime-node\/cpu' does not compute in bfloat16 here: .*MatMul/,
  )
})
