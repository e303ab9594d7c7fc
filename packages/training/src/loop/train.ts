import { type ArraysOf, disposeAll } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { saveCheckpoint } from '../checkpoint/checkpoint.ts'
import { prepareCheckpoint } from '../checkpoint/checkpoint-path.ts'
import { findCheckpoint } from '../checkpoint/resume.ts'
import { learningRateOf } from '../learning-rate/learning-rate-table.ts'
import type { Loss } from '../step/loss-gradients.ts'
import { type LossScale, lossScaleAfter, nextLossScale } from '../step/loss-scale.ts'
import { packSmall } from '../step/packing.ts'
import { type AnyTrainState, mapState, readParams, readState } from '../step/state.ts'
import { trainer } from '../step/trainer.ts'
import { type UpdaterConfig, updater } from '../step/updater.ts'
import { batchKey } from './batch-key.ts'
import { checkTrainOptions } from './check-train.ts'
import { growthOf, reasonOf } from './divergence.ts'
import { observe, snapshotOf } from './observe.ts'
import type { TrainOptions, TrainResult } from './options.ts'
import { stepTimer } from './step-timer.ts'
import { TrainingInterrupted } from './training-interrupted.ts'

/**
 * Trains with an optimiser, gradient clipping and moving averages of the weights. It saves checkpoints, and resumes
 * from the one that it finds. A run that is interrupted and resumed ends in the same state, to the last bit, as one
 * that is not. A step whose loss or gradient norm is not finite is not taken, and no checkpoint ever holds values that
 * are not finite.
 * @throws before the first step if an option is missing, unknown or wrong, a checkpoint could not be saved, or the one
 * found is corrupt or of another run; at the step where the loss or its gradient is not finite (`maxNonFinite`) or the
 * loss explodes (`maxGrowth`), with where it comes from; if a checkpoint cannot be saved; and {@link
 * TrainingInterrupted} if `signal` ended it.
 */
export async function train<Batch>(options: TrainOptions<Batch>): Promise<TrainResult> {
  checkTrainOptions(options)
  const { batch, checkpoint, loss, progress, seed, signal, steps, maxGrowth = 1e6 } = options
  const { optimizer, clipNorm, averages, reduce } = options
  const { maxNonFinite = options.lossScaling ? 5 : 1 } = options
  const rate = learningRateOf(options.learningRate, steps, 'train')
  const { config, elementwise, init } = updater({ optimizer, clipNorm, averages }, 'train')
  const settings = settingsOf(config, options)
  if (checkpoint) prepareCheckpoint(checkpoint.path)
  const scaling = options.lossScaling === true ? {} : options.lossScaling || undefined
  const found =
    checkpoint &&
    (await findCheckpoint(
      checkpoint.path,
      { ...checkpoint, seed, settings, memory: options.memory?.initial, init },
      options.params,
    ))

  const packing = packSmall(options.params, elementwise ? undefined : 0)
  // From the first step on, the state stays where it is computed.
  let current: AnyTrainState = mapState(found?.state ?? init(options.params), packing.pack)
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
    await saveCheckpoint(path, { kind, config, step, seed, settings, state, losses: losses.slice(0, step), memory })
    saved = step
    savedAt = performance.now()
  }
  const look = () => observe(snapshotOf(step, current, packing), { steps, observer: options.observe, signal })
  const keys = batchKey(seed)
  const prefetch = (at: number): Promise<ArraysOf<Batch>> => {
    const made = Promise.resolve().then(() => batch(at, keys.fold(at), memory))
    made.catch(() => {}) // it may never be awaited; if it is, the error comes then
    return made
  }

  const { compile } = options
  const packedLoss: Loss<Batch> = (params, batch) => loss(packing.unpackTensors(params), batch)
  const compiled = trainer<Batch>(compile, packedLoss, { optimizer, clipNorm, averages, reduce })
  /** An error of this step, with the checkpoint that is left. */
  const failed = (what: string) => new CascadeError('training', `train: ${what}; ${lastGood(checkpoint?.path, saved)}`)
  const timer = stepTimer()
  try {
    await look()
    let next = step < steps ? prefetch(step) : undefined
    while (next && !signal?.aborted) {
      const lossScale = scale?.scale
      const learningRate = checkedRate(rate(step), step)
      const asked = performance.now()
      const batch = await next
      const dataSeconds = (performance.now() - asked) / 1000
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
        const params = await readParams(current.params)
        const reason = reasonOf({ loss, gradNorm, params: packing.unpack(params), batch })
        const times = inARow === 1 ? `in step ${step}` : `${inARow} times in a row, at last in step ${step}`
        throw failed(`the loss or its gradient was not finite ${times} (${figures}): ${reason}`)
      }
      if (taken && growth > maxGrowth)
        throw failed(
          `the loss exploded in step ${step} (${figures}), to ${growth.toPrecision(2)} times the largest of the ` +
            'first steps: start over with a lower learning rate or a longer warm-up; if such losses are right, ' +
            'raise maxGrowth',
        )
      const pace = timer(steps - step)
      const scaled = scale && { lossScale }
      const done = losses.subarray(0, step)
      progress?.({ step, steps, loss, gradNorm, losses: done, learningRate, dataSeconds, skipped, ...scaled, ...pace })
      await look()
      if (isDue()) await save()
    }
    // A file of the first weights could be taken for a trained model.
    if (step > 0 || steps === 0) await save()
    const { params, averages: averaged } = mapState(await readState(current), packing.unpack)
    const ema = Object.values(averaged)[0] ?? params
    const result = { params, averages: averaged, ema, step, losses: losses.slice(0, step), skipped }
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
      'train: expected a loss function that gives { loss, each }, since there is a memory; got a scalar alone',
    )
  return each
}

/** What a resumed run must have in common, as a JSON value. A learning rate that is a function is not compared. */
function settingsOf<Batch>(config: UpdaterConfig, { learningRate, lossScaling }: TrainOptions<Batch>) {
  return {
    ...config,
    ...(typeof learningRate !== 'function' && { learningRate }),
    ...(lossScaling && { lossScaling }),
  }
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
  const rest = path ? `the same run resumes from its checkpoint ${path}` : 'no checkpoint has been saved'
  return new TrainingInterrupted(`train: interrupted after step ${result.step} of ${steps}; ${rest}`, result, { cause })
}
