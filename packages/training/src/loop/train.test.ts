import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type Compile, float32, type NDArray } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { temporaryFolder } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Description, loadCheckpoint, loadEma } from '../checkpoint/checkpoint.ts'
import { previousPath } from '../checkpoint/file.ts'
import { cosineRate } from '../learning-rate/cosine.ts'
import type { GradientTransformation, Update } from '../optimizers/transformation.ts'
import {
  checkpointIn,
  type LineBatch,
  lineBatch,
  lineLossAndEach,
  lineRun,
  moduleHere,
  runScript,
} from '../testing/test-support.ts'
import type { TrainOptions, TrainProgress, TrainResult } from './options.ts'
import { train } from './train.ts'
import { TrainingInterrupted } from './training-interrupted.ts'

afterEach(() => vi.restoreAllMocks())

/** The result of a run that its signal ended. */
const interruptedBy = async (run: Promise<unknown>): Promise<TrainResult> => {
  const error = await run.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(TrainingInterrupted)
  return (error as TrainingInterrupted).result
}

test('finds the line', async () => {
  const { params, ema, step, losses } = await train(lineRun({ steps: 400, averages: { ema: { decay: 0.9 } } }))
  for (const found of [params, ema]) {
    expect(found.weight!.data[0]).toBeCloseTo(2, 2)
    expect(found.weight!.data[1]).toBeCloseTo(-1, 2)
    expect(found.bias!.data[0]).toBeCloseTo(0.5, 2)
  }
  expect({ step, losses: losses.length }).toEqual({ step: 400, losses: 400 })
  expect(losses[399]! / losses[0]!).toBeLessThan(1e-3)
})

test('the initial weights are left alone, and two runs are the same', async () => {
  const options = lineRun()
  const first = await train(options)
  expect([...options.params.weight!.data]).toEqual([...Float32Array.of(0.1, -0.2)])
  expect(await train(options)).toEqual(first)
  expect((await train(lineRun({ seed: 8 }))).losses).not.toEqual(first.losses)
})

test('an optimiser that is not number by number has each parameter by itself, and resumes', async () => {
  /**
   * Steps of the length of the learning rate for each matrix, by the norm of its gradients so far; others follow their
   * gradient.
   */
  const byNorm: GradientTransformation = {
    name: 'by-norm',
    config: { name: 'by-norm' },
    init: ({ shape }): Readonly<Record<string, NDArray>> => (shape.length === 2 ? { norm: float32(0) } : {}),
    scalars: ({ learningRate }) => ({ rate: learningRate }),
    update(gradient, { state: { norm }, scalars: { rate } }): Update {
      if (!norm) return { update: tf.mul(gradient, rate!), state: {} }
      const next = tf.maximum(norm, tf.norm(gradient))
      return { update: tf.mul(tf.div(gradient, next), rate!), state: { norm: next } }
    },
  }
  const options = { optimizer: [byNorm, { name: 'weight-decay', rate: 1e-3 }] as const, clipNorm: Infinity }
  const whole = await train(lineRun(options))
  expect(whole.losses[19]! / whole.losses[0]!).toBeLessThan(0.5)
  const checkpoint = checkpointIn(temporaryFolder())
  await train(lineRun({ ...options, checkpoint, steps: 7 }))
  expect(Object.keys((await loadCheckpoint(checkpoint.path)).state.optimizer.norm!)).toEqual(['weight'])
  expect(await train(lineRun({ ...options, checkpoint }))).toEqual(whole)
  await expect(train(lineRun({ checkpoint }))).rejects.toThrow(
    'optimizer.0.name: "by-norm" in the checkpoint, "clip-by-global-norm" now',
  )
})

test('the learning rate by its configuration is part of a run, one by a function is not', async () => {
  const [by, asFunction] = [checkpointIn(temporaryFolder()), checkpointIn(temporaryFolder())]
  const cosine = { name: 'cosine', rate: 0.05, warmup: 3 } as const
  const made = await train(lineRun({ checkpoint: by, learningRate: cosine }))
  const learningRate = cosineRate(0.05, 20, { warmup: 3 })
  expect(await train(lineRun({ checkpoint: asFunction, learningRate }))).toEqual(made)
  await expect(train(lineRun({ checkpoint: by, learningRate: { ...cosine, warmup: 4 } }))).rejects.toThrow(
    '  learningRate.warmup: 3 in the checkpoint, 4 now',
  )
  await train(lineRun({ checkpoint: asFunction, learningRate: () => 1 }))
})

test('reports progress after every step', async () => {
  const seen: TrainProgress[] = []
  const { losses } = await train(lineRun({ steps: 3, progress: (p) => seen.push(p) }))
  expect(seen.map(({ step, steps, loss, skipped }) => ({ step, steps, loss, skipped }))).toEqual(
    [0, 1, 2].map((i) => ({ step: i + 1, steps: 3, loss: losses[i], skipped: 0 })),
  )
  expect(seen.every((p) => p.gradNorm > 0 && p.stepsPerSecond > 0)).toBe(true)
  expect(seen[2]?.secondsLeft).toBe(0)
})

test('asks for each batch once, the next one while a step runs, and hands on its errors', async () => {
  const asked: number[] = []
  const batch: typeof lineBatch = (step, rng) => {
    asked.push(step)
    if (step === 4) throw new Error('no more data')
    return lineBatch(step, rng)
  }
  const before: number[] = []
  const run = train(lineRun({ batch, progress: () => before.push(asked.length) }))
  await expect(run).rejects.toThrow('no more data')
  expect(asked).toEqual([0, 1, 2, 3, 4])
  expect(before).toEqual([2, 3, 4, 5])
})

describe('batches that depend on the losses before', () => {
  /** Lines whose examples are shifted by the sum of all losses so far; it remembers that. */
  const asked: number[] = []
  const remembering = (changes: Partial<TrainOptions<LineBatch>> = {}) =>
    lineRun({
      loss: lineLossAndEach,
      memory: {
        initial: { sum: float32([0]) },
        record: ({ sum }, batch, losses) => {
          expect([batch.y.shape, losses.length]).toEqual([[32], 32])
          return { sum: float32([sum!.data[0]! + losses.reduce((a, b) => a + b)]) }
        },
      },
      batch(step, rng, { sum }) {
        asked[step] = sum!.data[0]!
        const { x, y } = lineBatch(step, rng)
        return { x, y: float32(y.data.map((v) => v + 0.1 * Math.sin(sum!.data[0]!))) }
      },
      ...changes,
    })

  test('each is drawn with the losses of all steps before it', async () => {
    const { losses } = await train(remembering())
    let sum = 0
    for (const [step, loss] of losses.entries()) {
      expect(asked[step]! / sum || 1).toBeCloseTo(1, 4)
      sum += 32 * loss
    }
    expect(losses).not.toEqual((await train(lineRun({ loss: lineLossAndEach }))).losses)
  })

  test('an interrupted run ends in the same state, to the last bit', async () => {
    const checkpoint = checkpointIn(temporaryFolder(), 4)
    const stop = new AbortController()
    await interruptedBy(
      train(remembering({ checkpoint, signal: stop.signal, progress: ({ step }) => step === 7 && stop.abort() })),
    )
    expect((await loadCheckpoint(checkpoint.path)).memory!.sum!.data[0]).toBeGreaterThan(0)
    expect(await train(remembering({ checkpoint }))).toEqual(await train(remembering()))
  })

  test('a run with a memory does not resume from a checkpoint without', async () => {
    const checkpoint = checkpointIn(temporaryFolder())
    await train(lineRun({ checkpoint, steps: 1 }))
    await expect(train(remembering({ checkpoint }))).rejects.toThrow("'sum' absent instead of float32 [1]")
  })

  test('needs the loss of each example', async () => {
    await expect(train({ ...remembering(), loss: lineRun().loss })).rejects.toThrow(
      'expected a loss function that gives { loss, each }',
    )
  })
})

describe('resuming', () => {
  const whole = train(lineRun())

  test.each([1, 7, 10, 19])('an interrupted run ends in the same state, to the last bit, after step %d', async (at) => {
    const folder = temporaryFolder()
    const checkpoint = checkpointIn(folder, 4)
    const stop = new AbortController()
    const progress = ({ step }: TrainProgress) => step === at && stop.abort()
    const first = await interruptedBy(train(lineRun({ checkpoint, signal: stop.signal, progress })))
    expect(first.step).toBe(at)
    const saved = await loadCheckpoint(checkpoint.path)
    expect([saved.step, saved.losses]).toEqual([at, first.losses])
    expect(saved.state.params).toEqual(first.params)
    const uninterrupted = checkpointIn(temporaryFolder())
    await train(lineRun({ checkpoint: uninterrupted }))
    expect(await train(lineRun({ checkpoint }))).toEqual(await whole)
    expect(await loadCheckpoint(checkpoint.path)).toEqual(await loadCheckpoint(uninterrupted.path))
  })

  test('a process that is killed loses only the steps since its last checkpoint', async () => {
    const checkpoint = checkpointIn(temporaryFolder(), 4)
    const script = `
      import { train } from ${moduleHere('loop/train.ts')}
      import { lineRun } from ${moduleHere('testing/test-support.ts')}
      const progress = ({ step }) => step === 11 && process.kill(process.pid, 'SIGKILL')
      await train(lineRun({ checkpoint: ${JSON.stringify(checkpoint)}, progress }))`
    const child = runScript(script)
    expect(child.signal, child.stderr).toBe('SIGKILL')
    expect((await loadCheckpoint(checkpoint.path)).step).toBe(8)
    const steps: number[] = []
    expect(await train(lineRun({ checkpoint, progress: ({ step }) => steps.push(step) }))).toEqual(await whole)
    expect(steps[0]).toBe(9)
  })

  test('a crash while one checkpoint took the place of the other: the run resumes from the older one', async () => {
    const checkpoint = checkpointIn(temporaryFolder(), 8)
    await train(lineRun({ checkpoint }))
    rmSync(checkpoint.path)
    expect(await train(lineRun({ checkpoint }))).toEqual(await whole)
  })

  test('a finished run is given back, and can be made longer', async () => {
    const checkpoint = checkpointIn(temporaryFolder())
    await train(lineRun({ checkpoint, steps: 12 }))
    const batch = vi.fn(lineBatch)
    expect((await train(lineRun({ checkpoint, steps: 12, batch }))).step).toBe(12)
    expect(batch).not.toHaveBeenCalled()
    expect(await train(lineRun({ checkpoint }))).toEqual(await whole)
  })

  test('another configuration is refused, with a list of the differences', async () => {
    const checkpoint = checkpointIn(temporaryFolder())
    await train(lineRun({ checkpoint, steps: 1 }))
    const other = { ...checkpoint, config: { features: 3, data: { rows: 32, noise: true } } }
    const run = train(lineRun({ checkpoint: other, seed: 8, clipNorm: 2 }))
    await expect(run).rejects.toThrow(
      [
        `checkpoint ${checkpoint.path} is of another run:`,
        '  optimizer.0.maxNorm: 1 in the checkpoint, 2 now',
        '  seed: 7 in the checkpoint, 8 now',
        '  data.noise: absent in the checkpoint, true now',
        '  features: 2 in the checkpoint, 3 now',
        'restore the settings',
      ].join('\n'),
    )
    const params = { weight: float32([0, 0, 0], [3, 1]), bias: float32(0) }
    await expect(train(lineRun({ checkpoint, params }))).rejects.toThrow(
      "another model: 'params.weight' float32 [2,1] instead of",
    )
  })

  test("a run resumes from an older version's checkpoint if its description can be migrated", async () => {
    const checkpoint = checkpointIn(temporaryFolder())
    const today = { ...checkpoint, kind: 'a line', config: { dimensions: 1 } }
    await train(lineRun({ checkpoint, steps: 12 }))
    await expect(train(lineRun({ checkpoint: today }))).rejects.toThrow('is of another run')
    const migrate = (described: Description): Description =>
      described.kind === checkpoint.kind ? { kind: 'a line', config: { dimensions: 1 } } : described
    expect(await train(lineRun({ checkpoint: { ...today, migrate } }))).toEqual(await whole)
    expect((await loadCheckpoint(checkpoint.path)).kind).toBe('a line')
    // Its own checkpoint, of the new form, is resumed too.
    expect(await train(lineRun({ checkpoint: { ...today, migrate } }))).toEqual(await whole)
  })

  test('a corrupt checkpoint stops the run and is not overwritten', async () => {
    const checkpoint = checkpointIn(temporaryFolder(), 8)
    await train(lineRun({ checkpoint }))
    const bytes = readFileSync(checkpoint.path).subarray(0, -1)
    writeFileSync(checkpoint.path, bytes)
    await expect(train(lineRun({ checkpoint }))).rejects.toThrow(`rename that to ${checkpoint.path}`)
    expect(readFileSync(checkpoint.path)).toEqual(bytes)
    expect((await loadEma(previousPath(checkpoint.path))).step).toBe(16)
  })
})

test('frees the compiled step, after errors too', async () => {
  const dispose = vi.fn(async () => {})
  const compile: Compile = (fn) => Object.assign(eager(fn), { dispose })
  await train(lineRun({ compile, steps: 1 }))
  await expect(train(lineRun({ compile, learningRate: () => Number.NaN }))).rejects.toThrow(
    'a learning rate from 0 at step 0, got NaN',
  )
  expect(dispose).toHaveBeenCalledTimes(4)
  await expect(train(lineRun({ steps: 1.5 }))).rejects.toThrow('expected steps, an integer from 0, got 1.5')
})
