import '@tensorflow/tfjs-backend-cpu'
import { join } from 'node:path'
import type { Params } from '@cascade-diffusion/arrays'
import { type ArraysOf, type Compile, float32, ndarray } from '@cascade-diffusion/arrays'
import { cpuExact, jit, onnxRuntimeNode } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { roundingEngine } from '../../../jit/src/testing/rounding-engine.ts'
import { engineRun } from '../testing/test-engine-run.ts'
import type { TrainOptions } from './options.ts'
import { train } from './train.ts'

const inHalf =
  (precision: 'float16' | 'bfloat16'): Compile =>
  (fn) =>
    jit(fn, { engine: roundingEngine(), precision })

test('a U-Net and its training steps in 16 bits agree with float32', async () => {
  const expected = await engineRun((fn) => jit(fn, { engine: onnxRuntimeNode({ target: cpuExact }) }))
  const norm = (numbers: readonly number[]) => Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0))
  for (const [precision, limit] of [
    ['float16', 0.01],
    ['bfloat16', 0.08],
  ] as const) {
    const actual = await engineRun(inHalf(precision))
    for (const [name, values] of Object.entries(expected)) {
      const error = norm(values.map((x, i) => x - actual[name]![i]!)) / norm(values)
      expect(error, `${precision} ${name}`).toBeLessThan(limit)
    }
    expect(actual.forward).not.toEqual(expected.forward)
  }
}, 60_000)

interface Batch {
  readonly x: tf.Tensor4D
  readonly y: tf.Tensor4D
}

const params = {
  'first.kernel': ndarray(
    rng(1)
      .normal([3, 3, 1, 8])
      .data.map((x) => x / 3),
    [3, 3, 1, 8],
  ),
  'first.bias': float32(new Float32Array(8)),
  'second.kernel': ndarray(
    rng(2)
      .normal([3, 3, 8, 1])
      .data.map((x) => x / 8),
    [3, 3, 8, 1],
  ),
}

/** Two convolutions learn to sharpen; the loss has a factor that makes its gradients small. */
const loss =
  (factor: number) =>
  (p: Params<tf.Tensor>, { x, y }: Batch): tf.Scalar => {
    const conv = (x: tf.Tensor, name: string) =>
      tf.conv2d(x as tf.Tensor4D, p[`${name}.kernel`] as tf.Tensor4D, 1, 'same')
    const out = conv(tf.relu(tf.add(conv(x, 'first'), p['first.bias']!)), 'second')
    return tf.mul(tf.mean(tf.squaredDifference(out, y)), factor) as tf.Scalar
  }

const batch = (_: number, key: ReturnType<typeof rng>): ArraysOf<Batch> => {
  const x = key.normal([4, 8, 8, 1])
  const [data, size] = [x.data, 8]
  const y = data.map((value, i) => value - 0.5 * (i % size === 0 ? 0 : data[i - 1]!))
  return { x, y: ndarray(y, [4, 8, 8, 1]) }
}

const run = (compile: Compile, changes: Partial<TrainOptions<Batch>> = {}, factor = 1): TrainOptions<Batch> => ({
  params,
  loss: loss(factor),
  batch,
  steps: 80,
  seed: 3,
  learningRate: 0.02,
  clipNorm: Number.POSITIVE_INFINITY,
  optimizer: { name: 'adam', epsilon: 1e-15 },
  compile,
  ...changes,
})

/** The mean of the last ten losses. */
const end = ({ losses }: { losses: Float32Array }) => losses.slice(-10).reduce((sum, x) => sum + x, 0) / 10

test('training in float16 with a scaled loss arrives where training in float32 does, without it not', async () => {
  // So small that gradients would vanish.
  const factor = 1e-6
  const exact = await train(run(jit, {}, factor))
  const scaled = await train(run(inHalf('float16'), { lossScaling: true }, factor))
  const plain = await train(run(inHalf('float16'), {}, factor))
  expect(end(exact)).toBeLessThan(exact.losses[0]! / 5)
  expect(scaled.skipped).toBe(0)
  expect(end(scaled) / end(exact)).toBeGreaterThan(0.95)
  expect(end(scaled) / end(exact)).toBeLessThan(1.05)
  expect(end(plain)).toBeGreaterThan(1.5 * end(exact))
}, 60_000)

test('a scale that is too large comes down by itself, and a run that is resumed has it again', async () => {
  const compile = inHalf('float16')
  const scales: number[] = []
  const options = run(compile, {
    steps: 30,
    lossScaling: { initial: 2 ** 24, growthInterval: 6 },
    progress: ({ lossScale }) => scales.push(lossScale!),
  })
  const whole = await train(options)
  const exact = await train(run(jit, { steps: 30 - whole.skipped }))
  // More in a row than would end a run whose loss is not scaled.
  expect(whole.skipped).toBeGreaterThan(5)
  expect(whole.losses.slice(0, 6).every(Number.isNaN)).toBe(true)
  expect(scales.slice(0, 7)).toEqual(Array.from({ length: 7 }, (_, i) => 2 ** (24 - i)))
  expect(whole.losses.at(-1)).toBeLessThan(whole.losses.find(Number.isFinite)!)
  expect(exact.losses.at(-1)).toBeLessThan(exact.losses[0]!)

  const checkpoint = { path: join(temporaryFolder(), 'half.safetensors'), kind: 'half', config: {} }
  const first = scales.splice(0)
  await train({ ...options, steps: 17, checkpoint })
  const resumed = await train({ ...options, checkpoint })
  expect(scales).toEqual(first)
  expect(resumed.losses).toEqual(whole.losses)
  expect(resumed.params).toEqual(whole.params)
  await expect(train({ ...options, checkpoint, lossScaling: true })).rejects.toThrow(/lossScaling/)
}, 60_000)

test('what is not finite at any scale ends the run', async () => {
  const nowhere = (p: Params<tf.Tensor>, { x, y }: Batch) => tf.mul(loss(1)(p, { x, y }), Number.NaN) as tf.Scalar
  const failing = run(jit, { loss: nowhere, steps: 40, lossScaling: { initial: 4 } })
  await expect(train(failing)).rejects.toThrow(/not finite 5 times in a row, at last in step 5/)
  await expect(train({ ...failing, maxNonFinite: 1 })).rejects.toThrow(
    /not finite 3 times in a row, at last in step 3 .*: batch and weights are finite, the loss is NaN/,
  )
})
