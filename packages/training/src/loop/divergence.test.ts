import type { Params } from '@cascade-diffusion/arrays'
import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { temporaryFolder } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { loadCheckpoint } from '../checkpoint/checkpoint.ts'
import { checkpointIn, lineBatch, lineRun } from '../testing/test-support.ts'
import { growthOf } from './divergence.ts'
import type { TrainOptions } from './options.ts'
import { train } from './train.ts'

const nan = (batch: { x: NDArray<'float32'>; y: NDArray<'float32'> }) => ({
  ...batch,
  y: float32(Array(32).fill(Number.NaN)),
})

describe('steps that are not finite', () => {
  const spoil = (bad: (step: number) => boolean): TrainOptions<never>['batch'] =>
    ((step, rng) => (bad(step) ? nan(lineBatch(step, rng)) : lineBatch(step, rng))) as typeof lineBatch as never

  test('are not taken: the state and its moments stay as they were', async () => {
    const batch = spoil((step) => step === 3 || step === 4)
    const folder = temporaryFolder()
    const run = (steps: number) =>
      train(
        lineRun({
          batch,
          steps,
          maxNonFinite: 5,
          checkpoint: { ...checkpointIn(folder), path: `${folder}/${steps}.safetensors` },
        }),
      )
    const [before, after] = [await run(3), await run(5)]
    expect(after.params).toEqual(before.params)
    expect([...after.losses].map(Number.isNaN)).toEqual([false, false, false, true, true])
    expect(after.skipped).toBe(2)
    const states = [await loadCheckpoint(`${folder}/3.safetensors`), await loadCheckpoint(`${folder}/5.safetensors`)]
    expect(states[1]?.state).toEqual(states[0]?.state)
  })

  test('the first ends training, with its cause and the last good checkpoint, which is untouched', async () => {
    const checkpoint = checkpointIn(temporaryFolder(), 2)
    const run = train(lineRun({ checkpoint, batch: spoil((step) => step >= 7) }))
    await expect(run).rejects.toThrow(
      'train: the loss or its gradient was not finite in step 8 (loss NaN, gradient norm NaN): ' +
        `the batch has NaN in 'y' at 0: look for bad data; the last good checkpoint is ${checkpoint.path}, of step 6`,
    )
    const { step, state } = await loadCheckpoint(checkpoint.path)
    expect(step).toBe(6)
    expect(state.params).toEqual((await train(lineRun({ steps: 6 }))).params)
    const again = train(lineRun({ checkpoint, batch: spoil((step) => step >= 7) }))
    await expect(again).rejects.toThrow('not finite in step 8')
  })

  test('fewer in a row than maxNonFinite do not, and without checkpoints the error says so', async () => {
    const scattered = await train(lineRun({ batch: spoil((step) => step % 5 !== 0), maxNonFinite: 5 }))
    expect(scattered.skipped).toBe(16)
    const run = train(lineRun({ batch: spoil(() => true), maxNonFinite: 2 }))
    await expect(run).rejects.toThrow(
      'not finite 2 times in a row, at last in step 2 (loss NaN, gradient norm NaN): ' +
        "the batch has NaN in 'y' at 0: look for bad data; no checkpoint has been saved",
    )
  })

  test.each([
    ['a loss of log 0', (x: tf.Tensor) => tf.log(tf.mul(x, 0)), 'the loss is -Infinity'],
    // The root's slope at 0 is infinite, the loss is not.
    [
      'a root at 0',
      (x: tf.Tensor) => tf.sqrt(tf.mul(x, 0)),
      'the norm of the gradient is NaN: look for roots and norms at 0',
    ],
  ])('%s: batch and weights are finite', async (_, spoiled, cause) => {
    const loss = ({ weight }: Params<tf.Tensor>) => tf.sum(spoiled(tf.square(weight!))) as tf.Scalar
    await expect(train(lineRun({ loss }))).rejects.toThrow(`in step 1 `)
    await expect(train(lineRun({ loss }))).rejects.toThrow(`batch and weights are finite, ${cause}`)
  })

  test('weights that have grown too large are distinguished from a wrong loss', async () => {
    const growing = lineRun({ learningRate: 1e19, clipNorm: Number.POSITIVE_INFINITY, maxGrowth: Infinity })
    await expect(train(growing)).rejects.toThrow(
      /not finite in step 2 .* the weights have grown to 1.00e\+19 in '\w+'; start over with a lower learning rate/,
    )
    const weights = { weight: float32([1, Number.NaN], [2, 1]), bias: float32(0) }
    await expect(train(lineRun({ params: weights }))).rejects.toThrow(
      "train: expected finite params, got NaN in 'weight' at 1",
    )
  })
})

describe('losses that explode', () => {
  test('end training at the step where they do, and no checkpoint has them', async () => {
    const checkpoint = checkpointIn(temporaryFolder(), 1)
    const learningRate = (step: number) => (step === 13 ? 1e8 : 0.05)
    const run = train(lineRun({ checkpoint, learningRate }))
    await expect(run).rejects.toThrow(
      /^train: the loss exploded in step 15 \(loss [\d.]+, gradient norm .*\), to .* times/,
    )
    await expect(train(lineRun({ checkpoint, learningRate }))).rejects.toThrow(
      `raise maxGrowth; the last good checkpoint is ${checkpoint.path}, of step 14`,
    )
    expect((await train(lineRun({ learningRate, maxGrowth: Infinity }))).step).toBe(20)
  })

  test('losses of 0 in the beginning do not end a run', async () => {
    const zero = { weight: float32([0, 0], [2, 1]), bias: float32(0) }
    const batch: typeof lineBatch = (step, rng) => {
      const { x, y } = lineBatch(step, rng)
      return { x, y: step < 12 ? float32(new Float32Array(32)) : y }
    }
    const { losses } = await train(lineRun({ params: zero, batch }))
    expect([losses[11], losses[12]! > 1]).toEqual([0, true])
  })
})

test('a run may begin where the loss is almost 0', () => {
  expect(growthOf(0.01, Float32Array.of(1e-12))).toBeNaN()
  expect(
    growthOf(
      6,
      Float32Array.from({ length: 12 }, (_, i) => (i < 10 ? 2 : 100)),
    ),
  ).toBe(3)
})
