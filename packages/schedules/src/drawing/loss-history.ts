import { type DType, type NDArray, ndarray, type Params } from '@cascade-diffusion/arrays'
import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import { checkCount, checkList } from '../checks.ts'

/**
 * The last losses of each step of a process of T steps: the state of importance sampling. It is a plain record of
 * arrays, which a checkpoint stores as it is.
 */
export type LossHistory = {
  /** The losses of each step, oldest first, then zeros until there are `length` losses: [T, length]. */
  readonly losses: NDArray<'float32'>
  /** The number of losses of each step, [T]. */
  readonly counts: NDArray<'int32'>
}

/** The history in a record of arrays, such as one that comes back from a checkpoint. @throws unless both arrays are there. */
export function lossHistoryOf({ losses, counts }: Params<NDArray>): LossHistory {
  if (!is(losses, 'float32') || !is(counts, 'int32'))
    throw new CascadeError(
      'checkpoint',
      'lossHistory: expected arrays losses of float32 and counts of int32, got others',
    )
  return { losses, counts }
}

const is = <D extends DType>(array: NDArray | undefined, dtype: D): array is NDArray<D> => array?.dtype === dtype

/** Options of {@link lossHistory}. */
export interface LossHistoryOptions {
  /** The number of losses to keep of each step. Default 10. */
  readonly length?: number
}

/** An empty history of a process of `steps` steps. @throws unless both numbers are positive integers. */
export function lossHistory(steps: number, options: LossHistoryOptions = {}): LossHistory {
  checkOptions('lossHistory', options, { length: true })
  const { length = 10 } = options
  checkCount('lossHistory: steps', steps)
  checkCount('lossHistory: length', length)
  return {
    losses: ndarray(new Float32Array(steps * length), [steps, length]),
    counts: ndarray(new Int32Array(steps), [steps]),
  }
}

/**
 * A new history with the losses of a batch added. A step that is full drops its oldest loss. The losses are those
 * before weighting. Losses that are not finite are left out. The given history is not changed.
 * @param t the step of each example.
 * @param losses the loss of each example.
 * @throws if there is not one loss for each step, or a step is outside the process.
 */
export function recordLosses(history: LossHistory, t: ArrayLike<number>, losses: ArrayLike<number>): LossHistory {
  checkHistory('recordLosses', history)
  checkList('recordLosses', 'steps', t)
  checkList('recordLosses', 'losses', losses)
  if (t.length !== losses.length)
    throw new CascadeError('input', `recordLosses: expected a loss for each of ${t.length} steps, got ${losses.length}`)
  const [T, length] = history.losses.shape as [number, number]
  const [kept, counts] = [history.losses.data.slice(), history.counts.data.slice()]
  for (let i = 0; i < t.length; i++) {
    const [step, loss] = [t[i]!, losses[i]!]
    if (!(Number.isInteger(step) && step >= 0 && step < T))
      throw new CascadeError('input', `recordLosses: expected steps from 0 to ${T - 1}, got ${step}`)
    if (!Number.isFinite(loss)) continue
    const row = kept.subarray(step * length, (step + 1) * length)
    if (counts[step] === length) {
      row.copyWithin(0, 1)
      row[length - 1] = loss
    } else row[counts[step]!++] = loss
  }
  return { losses: ndarray(kept, [T, length]), counts: ndarray(counts, [T]) }
}

/** Options of {@link lossSecondMomentProbabilities}. */
export interface LossSecondMomentOptions {
  /** The share of draws that is uniform, independent of the losses. Default 0.001. */
  readonly uniformProbability?: number
}

/**
 * The probability of each step, [T], for {@link sampleTimesteps}: proportional to √E[L_t²] over the losses kept
 * (Improved DDPM, Nichol and Dhariwal 2021, equation 18). It is uniform until every step has its full number of losses,
 * and if all losses are 0.
 * @throws if the option is outside 0 to 1.
 */
export function lossSecondMomentProbabilities(
  history: LossHistory,
  options: LossSecondMomentOptions = {},
): Float64Array {
  checkHistory('lossSecondMomentProbabilities', history)
  checkOptions('lossSecondMomentProbabilities', options, { uniformProbability: true })
  const { losses, counts } = history
  const { uniformProbability = 0.001 } = options
  if (!(typeof uniformProbability === 'number' && uniformProbability >= 0 && uniformProbability <= 1))
    throw new CascadeError(
      'input',
      `lossSecondMomentProbabilities: expected a uniform share from 0 to 1, got ${shown(uniformProbability)}`,
    )
  const [T, length] = losses.shape as [number, number]
  const moments = Float64Array.from({ length: T }, (_, t) => {
    const row = losses.data.subarray(t * length, (t + 1) * length)
    return Math.sqrt(row.reduce((sum, loss) => sum + loss ** 2, 0) / length)
  })
  const total = moments.reduce((sum, moment) => sum + moment, 0)
  if (total === 0 || counts.data.some((count) => count < length)) return moments.fill(1 / T)
  return moments.map((moment) => (moment / total) * (1 - uniformProbability) + uniformProbability / T)
}

function checkHistory(where: string, history: LossHistory): void {
  if (typeof history !== 'object' || history === null || !history.losses || !history.counts)
    throw new CascadeError(
      'input',
      `${where}: expected a history of losses, as lossHistory makes it, got ${shown(history)}`,
    )
}
