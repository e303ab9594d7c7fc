import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import { checkDraw, checkList, checkSchedule } from '../checks.ts'
import type { DiscreteSchedule } from '../discrete/discrete-schedule.ts'
import { uniforms } from './uniforms.ts'

/** A step for each of n training examples, int32 [n], uniform over 0 … T-1. */
export function uniformTimesteps(n: number, schedule: DiscreteSchedule, rng: Rng): NDArray<'int32'> {
  checkSchedule('uniformTimesteps', schedule)
  checkDraw('uniformTimesteps', n, rng)
  return rng.integers([n], 0, schedule.betas.length)
}

/** Steps drawn with unequal probabilities, and the weights that compensate for these. */
export interface WeightedTimesteps {
  /** A step for each example, int32 [n]. */
  readonly t: NDArray<'int32'>
  /**
   * 1 / (T p_t) for each example, float32 [n]. The mean of the weighted losses has the expectation of uniform steps.
   */
  readonly weights: NDArray<'float32'>
}

/**
 * A step for each of n training examples, step t with a probability proportional to `probabilities[t]`, and the weight
 * of each (importance sampling, Improved DDPM, Nichol and Dhariwal 2021, section 3.3).
 * @throws unless the probabilities are finite, at least 0, and not all 0.
 */
export function sampleTimesteps(n: number, probabilities: ArrayLike<number>, rng: Rng): WeightedTimesteps {
  checkList('sampleTimesteps', 'probabilities', probabilities)
  checkDraw('sampleTimesteps', n, rng)
  let total = 0
  const sums = Float64Array.from(probabilities, (p, t) => {
    if (!(p >= 0 && p < Infinity))
      throw new CascadeError('input', `sampleTimesteps: expected probabilities of at least 0, got ${p} at step ${t}`)
    total += p
    return total
  })
  if (!(total > 0)) throw new CascadeError('input', 'sampleTimesteps: expected a probability above 0, got none')
  const t = Int32Array.from(uniforms(n, rng), (u) => firstAbove(sums, u * total))
  const weights = Float32Array.from(t, (step) => total / (sums.length * probabilities[step]!))
  return { t: ndarray(t, [n]), weights: ndarray(weights, [n]) }
}

/** The first index of a non-decreasing list with an entry above `value`. */
function firstAbove(list: Float64Array, value: number): number {
  let [low, high] = [0, list.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (list[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}
