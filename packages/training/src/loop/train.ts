import type { Params } from '@cascade-diffusion/arrays'
import { type ArraysOf, type Compile, disposeAll, type NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { type Rng, rng } from '@cascade-diffusion/random'
import { type Description, saveCheckpoint } from '../checkpoint/checkpoint.ts'
import { prepareCheckpoint } from '../checkpoint/checkpoint-path.ts'
import { findCheckpoint } from '../checkpoint/resume.ts'
import { type LossScale, type LossScaling, lossScaleAfter, nextLossScale } from '../step/loss-scale.ts'
import { packSmall } from '../step/packing.ts'
import { initialState, mapState, readState } from '../step/params.ts'
import type { Loss } from '../step/train-step.ts'
import { type AnyTrainState, type TrainerOptions, trainer } from '../step/trainer.ts'
import { checkTrainOptions } from './check-train.ts'
import { growthOf, reasonOf } from './divergence.ts'
import type { LearningRate } from './learning-rate.ts'
import { stepTimer } from './step-timer.ts'
import { TrainingInterrupted } from './training-interrupted.ts'

/**
 * What batches are drawn by besides their step: of the losses so far, say. A record of arrays, which is part of the
 * checkpoint, so that a resumed run sees the batches that it would have seen.
 */
export interface BatchMemory<Batch> {
  /** Before the first step. */
  readonly initial: Params<NDArray>
  /** After a step that was taken: a pure function of the memory before, the batch and the loss of each of its examples. */
  record(memory: Params<NDArray>, batch: ArraysOf<Batch>, losses: Float32Array): Params<NDArray>
}

/** Options of {@link train}. */
export interface TrainOptions<Batch> extends TrainerOptions {
  /** The weights to begin with, float32; they are copied. */
  readonly params: Params<NDArray>
  readonly loss: Loss<Batch>
  /**
   * The batch of a step: a pure function of its arguments, so that a resumed run sees the batches that it would have seen.
   * `rng` is the step's own key. Called for the next step while the current one runs, unless there is a `memory`.
   */
  readonly batch: (step: number, rng: Rng, memory: Params<NDArray>) => ArraysOf<Batch> | Promise<ArraysOf<Batch>>
  /** For a `loss` of each example, and batches that depend on those before. */
  readonly memory?: BatchMemory<Batch>
  /** Steps of the whole run, those before a resumed checkpoint included. */
  readonly steps: number
  readonly seed: number
  /** How the step is run: `jit`, or `eager`. */
  readonly compile: Compile
  readonly learningRate: number | LearningRate
  /**
   * Scales the loss while gradients are computed, and the scale with what they are ({@link nextLossScale}): for a `compile` in
   * float16. false.
   */
  readonly lossScaling?: boolean | LossScaling
  /**
   * Steps in a row with a loss or gradient that is not finite before training gives up: 1, the step where it happens. Fewer than
   * this many are left out and counted. With `lossScaling` 5, and the scale has to be down to 1.
   */
  readonly maxNonFinite?: number
  /**
   * How many times the largest of the first ten losses a loss may be before training gives up, as it diverges; 1e6. `Infinity` for
   * losses that may grow so.
   */
  readonly maxGrowth?: number
  /** Without it nothing is saved. A checkpoint that is at its path already is gone on from. */
  readonly checkpoint?: CheckpointOptions
  /** Told after each step how training stands. */
  readonly progress?: (progress: Progress) => void
  /** Stops after the step that runs when it aborts, with a checkpoint saved; the run then throws {@link TrainingInterrupted}. */
  readonly signal?: AbortSignal
}

export interface CheckpointOptions extends Description {
  /**
   * The file, `….safetensors`; the checkpoint before it is kept beside it as `….previous.safetensors`. Its folder is made if it is
   * not there.
   */
  readonly path: string
  /** Steps between checkpoints; 1000. There is always one at the end. */
  readonly every?: number
  /** Seconds between checkpoints, whichever comes first; 300. */
  readonly everySeconds?: number
  /**
   * What a checkpoint of an older version says of itself, in the words of this one; other descriptions come back as they are. A resumed
   * run compares the result with its own `kind` and `config`.
   */
  readonly migrate?: (described: Description) => Description
}

/** How training stands after a step. */
export interface Progress {
  /** Steps done, of `steps`. */
  readonly step: number
  readonly steps: number
  readonly loss: number
  /** The norm of all gradients together, before clipping. */
  readonly gradNorm: number
  /** Steps not taken so far, for a loss or gradient that was not finite. */
  readonly skipped: number
  /** What the loss was scaled by; with `lossScaling`. */
  readonly lossScale?: number
  readonly stepsPerSecond: number
  readonly secondsLeft: number
}

/** What training ended with. */
export interface TrainResult {
  readonly params: Params<NDArray>
  /** The moving average of the weights: what to sample with. */
  readonly ema: Params<NDArray>
  /** Steps done. */
  readonly step: number
  /** The loss of each step done; NaN where the step was not taken. */
  readonly losses: Float32Array
  readonly skipped: number
}

/**
 * Trains with Adam, gradient clipping and a moving average of the weights; saves checkpoints, and goes on from the one it
 * finds. A run that is interrupted and resumed ends in the same state, to the last bit, as one that is not.
 * A step whose loss or gradient norm is not finite is not taken, and no checkpoint ever holds values that are not finite.
 * @throws before the first step if an option is missing, unknown or wrong, a checkpoint could not be saved, or the one found is
 * corrupt or of another run; at the step where the loss or its gradient is not finite (`maxNonFinite`) or the loss explodes
 * (`maxGrowth`), with where it comes from; if a checkpoint cannot be saved; and {@link TrainingInterrupted} if `signal` ended it.
 */
export async function train<Batch>(options: TrainOptions<Batch>): Promise<TrainResult> {
  checkTrainOptions(options)
  const { batch, checkpoint, learningRate, loss, progress, seed, signal, steps, maxGrowth = 1e6 } = options
  const { maxNonFinite = options.lossScaling ? 5 : 1 } = options
  if (checkpoint) prepareCheckpoint(checkpoint.path)
  const rate: LearningRate = typeof learningRate === 'number' ? () => learningRate : learningRate
  const optimizer = optimizerSettings(options)
  const scaling = options.lossScaling === true ? {} : options.lossScaling || undefined
  const found =
    checkpoint &&
    (await findCheckpoint(
      checkpoint.path,
      { ...checkpoint, seed, optimizer, ...(options.memory && { memory: options.memory.initial }) },
      options.params,
    ))

  const packing = packSmall(options.params)
  // From the first step on, it stays where it is computed.
  let current: AnyTrainState = mapState(found?.state ?? initialState(options.params), packing.pack)
  let step = found?.step ?? 0
  let saved = found?.step
  let memory = found?.memory ?? options.memory?.initial ?? {}
  const losses = new Float32Array(Math.max(steps, step))
  losses.set(found?.losses ?? [])
  let skipped = losses.subarray(0, step).filter(Number.isNaN).length
  let inARow = step - 1 - losses.subarray(0, step).findLastIndex((loss) => !Number.isNaN(loss))

  let scale: LossScale | undefined = scaling && lossScaleAfter(losses.subarray(0, step), scaling)

  let savedAt = performance.now()
  const { every = 1000, everySeconds = 300 } = checkpoint ?? {}
  const isDue = () => step % every === 0 || performance.now() - savedAt >= 1000 * everySeconds
  const save = async () => {
    if (!checkpoint || saved === step) return
    const { path, kind, config } = checkpoint
    const state = mapState(await readState(current), packing.unpack)
    await saveCheckpoint(path, { kind, config, step, seed, optimizer, state, losses: losses.slice(0, step), memory })
    saved = step
    savedAt = performance.now()
  }
  const prefetch = (at: number): Promise<ArraysOf<Batch>> => {
    const made = Promise.resolve().then(() => batch(at, rng(seed).fold('batch').fold(at), memory))
    made.catch(() => {}) // it may never be awaited; whoever awaits it still gets the error
    return made
  }

  const { compile } = options
  const packedLoss: Loss<Batch> = (params, batch) => loss(packing.unpackTensors(params), batch)
  const { beta1, beta2, epsilon, clipNorm, emaDecay } = optimizer
  const compiled = trainer<Batch>(compile, packedLoss, { beta1, beta2, epsilon, clipNorm, emaDecay })
  /** An error of this step, with what is left of the run. */
  const failed = (what: string) => new CascadeError('input', `train: ${what}; ${lastGood(checkpoint?.path, saved)}`)
  const timer = stepTimer()
  try {
    let next = step < steps ? prefetch(step) : undefined
    while (next && !signal?.aborted) {
      const lossScale = scale?.scale
      const learningRate = checkedRate(rate(step), step)
      const batch = await next
      const running = compiled.step(current, batch, { t: step - skipped, learningRate, lossScale })
      const following = () => (step + 1 < steps ? prefetch(step + 1) : undefined)
      if (!options.memory) next = following()
      const { state, taken, loss, gradNorm, each } = await running
      current = state
      if (options.memory && taken) memory = options.memory.record(memory, batch, lossesOf(each))
      if (options.memory) next = following()
      if (!taken) skipped++
      inARow = taken ? 0 : inARow + 1
      const growth = growthOf(loss, losses.subarray(0, step))
      losses[step++] = taken ? loss : Number.NaN
      if (scale) scale = nextLossScale(scale, taken, scaling)
      const figures = `loss ${loss}, gradient norm ${gradNorm}`
      if (inARow >= maxNonFinite && (lossScale ?? 1) === 1) {
        const { params } = await readState({ params: current.params, ema: {}, m: {}, v: {} })
        const reason = reasonOf({ loss, gradNorm, params: packing.unpack(params), batch })
        const times = inARow === 1 ? `in step ${step}` : `${inARow} times in a row, at last in step ${step}`
        throw failed(`the loss or its gradient was not finite ${times} (${figures}): ${reason}`)
      }
      if (taken && growth > maxGrowth)
        throw failed(
          `the loss exploded in step ${step} (${figures}), to ${growth.toPrecision(2)} times the largest of the first steps: ` +
            'begin anew with a lower learning rate or a longer warm-up; if such losses are right, raise maxGrowth',
        )
      progress?.({ step, steps, loss, gradNorm, skipped, ...(scale && { lossScale }), ...timer(steps - step) })
      if (isDue()) await save()
    }
    // Nobody should take the first weights for a trained model's.
    if (step > 0 || steps === 0) await save()
    const { params, ema } = mapState(await readState(current), packing.unpack)
    const result = { params, ema, step, losses: losses.slice(0, step), skipped }
    if (step < steps) throw interrupted(result, steps, signal?.reason, saved === step ? checkpoint?.path : undefined)
    return result
  } finally {
    disposeAll(current)
    await compiled.dispose()
  }
}

function lossesOf(each: Float32Array | undefined): Float32Array {
  if (!each)
    throw new CascadeError(
      'input',
      'train: expected a loss of each example, since there is a memory; got one of the batch',
    )
  return each
}

function optimizerSettings<Batch>(options: TrainOptions<Batch>) {
  const {
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    clipNorm = 1,
    emaDecay = 0.9999,
    learningRate,
    lossScaling,
  } = options
  const rate = typeof learningRate === 'number' ? { learningRate } : {}
  return { beta1, beta2, epsilon, clipNorm, emaDecay, ...rate, ...(lossScaling && { lossScaling }) }
}

function checkedRate(rate: number, step: number): number {
  if (!(Number.isFinite(rate) && rate >= 0))
    throw new CascadeError('input', `train: expected a learning rate from 0 at step ${step}, got ${rate}`)
  return rate
}

function lastGood(path: string | undefined, saved: number | undefined): string {
  if (path && saved !== undefined) return `the last good checkpoint is ${path}, of step ${saved}`
  return 'no checkpoint has been saved'
}

function interrupted(result: TrainResult, steps: number, cause: unknown, path: string | undefined) {
  const rest = path ? `its checkpoint ${path} is gone on from when it is run again` : 'no checkpoint has been saved'
  return new TrainingInterrupted(`train: interrupted after step ${result.step} of ${steps}; ${rest}`, result, { cause })
}
