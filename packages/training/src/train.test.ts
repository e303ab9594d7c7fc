import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Compile, float32, type NDArray } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { loadCheckpoint, loadEma, previousPath } from './checkpoint.ts'
import type { Params } from './params.ts'
import { checkpointIn, type LineBatch, lineBatch, lineLosses, lineRun, temporaryFolder } from './test-support.ts'
import { type Progress, type TrainOptions, type TrainResult, train } from './train.ts'
import { TrainingInterrupted } from './training-interrupted.ts'

afterEach(() => vi.restoreAllMocks())

const nan = (batch: { x: NDArray<'float32'>; y: NDArray<'float32'> }) => ({
  ...batch,
  y: float32(Array(32).fill(Number.NaN)),
})

const module = (name: string) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)))

/** Runs TypeScript in a process of its own. */
function runScript(input: string) {
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', '--input-type=module']
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  return spawnSync(process.execPath, flags, { input, cwd, encoding: 'utf8' })
}

/** What a run had come to when its signal ended it. */
const interruptedBy = async (run: Promise<unknown>): Promise<TrainResult> => {
  const error = await run.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(TrainingInterrupted)
  return (error as TrainingInterrupted).result
}

test('finds the line', async () => {
  const { params, ema, step, losses } = await train(lineRun({ steps: 400, emaDecay: 0.9 }))
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

test('reports progress after every step', async () => {
  const seen: Progress[] = []
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
      loss: lineLosses,
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
    expect(losses).not.toEqual((await train(lineRun({ loss: lineLosses }))).losses)
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

  test('a checkpoint without its memory is not gone on from', async () => {
    const checkpoint = checkpointIn(temporaryFolder())
    await train(lineRun({ checkpoint, steps: 1 }))
    await expect(train(remembering({ checkpoint }))).rejects.toThrow("'sum' absent instead of float32 [1]")
  })

  test('needs the loss of each example', async () => {
    await expect(train({ ...remembering(), loss: lineRun().loss })).rejects.toThrow('expected a loss of each example')
  })
})

describe('resuming', () => {
  const whole = train(lineRun())

  test.each([1, 7, 10, 19])('an interrupted run ends in the same state, to the last bit, after step %d', async (at) => {
    const folder = temporaryFolder()
    const checkpoint = checkpointIn(folder, 4)
    const stop = new AbortController()
    const progress = ({ step }: Progress) => step === at && stop.abort()
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
      import { train } from ${module('./train.ts')}
      import { lineRun } from ${module('./test-support.ts')}
      const progress = ({ step }) => step === 11 && process.kill(process.pid, 'SIGKILL')
      await train(lineRun({ checkpoint: ${JSON.stringify(checkpoint)}, progress }))`
    const child = runScript(script)
    expect(child.signal, child.stderr).toBe('SIGKILL')
    expect((await loadCheckpoint(checkpoint.path)).step).toBe(8)
    const steps: number[] = []
    expect(await train(lineRun({ checkpoint, progress: ({ step }) => steps.push(step) }))).toEqual(await whole)
    expect(steps[0]).toBe(9)
  })

  test('a crash while one checkpoint took the place of the other: the older one is gone on from', async () => {
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
        '  optimizer.clipNorm: 1 in the checkpoint, 2 now',
        '  seed: 7 in the checkpoint, 8 now',
        '  data.noise: absent in the checkpoint, true now',
        '  features: 2 in the checkpoint, 3 now',
        'restore the settings',
      ].join('\n'),
    )
    const params = { weight: float32([0, 0, 0], [3, 1]), bias: float32(0) }
    await expect(train(lineRun({ checkpoint, params }))).rejects.toThrow(
      "another model: 'weight' float32 [2,1] instead of",
    )
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

  test('where so many in a row are allowed, fewer do not, and without checkpoints the error says so', async () => {
    const scattered = await train(lineRun({ batch: spoil((step) => step % 5 !== 0), maxNonFinite: 5 }))
    expect(scattered.skipped).toBe(16)
    const run = train(lineRun({ batch: spoil(() => true), maxNonFinite: 2 }))
    await expect(run).rejects.toThrow(
      'not finite 2 times in a row, at last in step 2 (loss NaN, gradient norm NaN): ' +
        "the batch has NaN in 'y' at 0: look for bad data; no checkpoint has been saved",
    )
  })

  test.each([
    ['a loss of log 0', (x: tf.Tensor) => tf.log(tf.mul(x, 0)), 'the loss comes to -Infinity'],
    // The root's slope at 0 is infinite, the loss is not.
    [
      'a root at 0',
      (x: tf.Tensor) => tf.sqrt(tf.mul(x, 0)),
      'its gradient comes to NaN: look for roots and norms at 0',
    ],
  ])('%s: batch and weights are finite', async (_, spoiled, cause) => {
    const loss = ({ weight }: Params) => tf.sum(spoiled(tf.square(weight!))) as tf.Scalar
    await expect(train(lineRun({ loss }))).rejects.toThrow(`in step 1 `)
    await expect(train(lineRun({ loss }))).rejects.toThrow(`batch and weights are finite, ${cause}`)
  })

  test('weights that have grown too large are told from a loss that is wrong', async () => {
    const growing = lineRun({ learningRate: 1e19, clipNorm: Number.POSITIVE_INFINITY, maxGrowth: Infinity })
    await expect(train(growing)).rejects.toThrow(
      /not finite in step 2 .* the weights have grown to 1.00e\+19 in '\w+'; begin anew with a lower learning rate/,
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

  test('losses of 0 in the beginning tell nothing of those that follow', async () => {
    const zero = { weight: float32([0, 0], [2, 1]), bias: float32(0) }
    const batch: typeof lineBatch = (step, rng) => {
      const { x, y } = lineBatch(step, rng)
      return { x, y: step < 12 ? float32(new Float32Array(32)) : y }
    }
    const { losses } = await train(lineRun({ params: zero, batch }))
    expect([losses[11], losses[12]! > 1]).toEqual([0, true])
  })
})

describe('an abort', () => {
  test('before the first step begins nothing and saves nothing', async () => {
    const folder = temporaryFolder()
    const checkpoint = checkpointIn(folder)
    const batches = vi.fn()
    const run = train(lineRun({ checkpoint, signal: AbortSignal.abort('enough'), progress: batches }))
    await expect(run).rejects.toMatchObject({
      ...{ name: 'AbortError', cause: 'enough', result: { step: 0, skipped: 0 } },
      message: 'train: interrupted after step 0 of 20; no checkpoint has been saved',
    })
    expect([readdirSync(folder), batches.mock.calls]).toEqual([[], []])
    expect(await train(lineRun({ checkpoint }))).toEqual(await train(lineRun()))
  })

  test('ends the program of a loop over runs, with the first one saved and the second not begun', async () => {
    const folder = temporaryFolder()
    const script = `
      import { train } from ${module('./train.ts')}
      import { lineRun } from ${module('./test-support.ts')}
      const stop = new AbortController()
      process.once('SIGINT', () => stop.abort(new Error('Ctrl-C')))
      for (const name of ['first', 'second']) {
        console.log('begun ' + name)
        const progress = ({ step }) => step === 3 && process.kill(process.pid, 'SIGINT')
        const batch = async (step, rng) => (await new Promise((r) => setTimeout(r, 5)), lineRun().batch(step, rng))
        const checkpoint = { path: ${JSON.stringify(folder)} + '/' + name + '.safetensors', kind: 'line', config: {} }
        await train(lineRun({ checkpoint, batch, progress, signal: stop.signal }))
      }
      console.log('sampled')`
    const { status, stdout, stderr } = runScript(script)
    expect([status, stdout.trim()]).toEqual([1, 'begun first'])
    expect(stderr).toMatch(
      /train: interrupted after step \d+ of 20; its checkpoint .*first.safetensors is gone on from/,
    )
    expect(readdirSync(folder)).toEqual(['first.safetensors'])
    expect((await loadCheckpoint(`${folder}/first.safetensors`)).step).toBeGreaterThanOrEqual(3)
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
  await expect(train(lineRun({ steps: 1.5 }))).rejects.toThrow('expected steps from 0, got 1.5')
})
