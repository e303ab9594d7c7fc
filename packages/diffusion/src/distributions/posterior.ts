import type { DiscreteSchedule } from '@cascade-diffusion/schedules'
import { add, mul, type Tensor4D } from '@tensorflow/tfjs-core'
import { checkDiscrete, checkImageTensors, checkRecord } from '../checks.ts'
import { gatherForImages } from '../process/gather.ts'
import type { NoiseLevel } from '../process/noise-level.ts'
import { checkSteps, type Steps } from '../process/steps.ts'

/**
 * A diagonal Gaussian over images: the mean [N,H,W,C], and the variance and its logarithm, which broadcast against it.
 */
export interface Gaussian {
  readonly mean: Tensor4D
  readonly variance: Tensor4D
  /** Where the variance is 0, the logarithm of that of the next step. */
  readonly logVariance: Tensor4D
}

/**
 * The posterior q(x_{t-1} | x_t, x0) (DDPM, equations 6 and 7), with one step t for each image or one for all. The
 * variance is [N,1,1,1], or [1,1,1,1] if one step is for all; at t = 0, where it is 0, its logarithm is clipped to that
 * of t = 1. Traceable.
 * @throws if an argument is not a batch of images, if their shapes differ, or if t is not a step of the schedule (of a
 * tensor: when it is computed).
 */
export function qPosterior(schedule: DiscreteSchedule, x0: Tensor4D, xt: Tensor4D, t: Steps): Gaussian {
  checkDiscrete('qPosterior', schedule)
  checkImageTensors('qPosterior', { x0, xt })
  checkSteps('qPosterior', t, x0.shape[0])
  const coef1 = gatherForImages(schedule.posteriorMeanCoef1, t)
  const coef2 = gatherForImages(schedule.posteriorMeanCoef2, t)
  return {
    mean: add(mul(coef1, x0), mul(coef2, xt)),
    variance: gatherForImages(schedule.posteriorVariance, t),
    logVariance: gatherForImages(schedule.posteriorLogVarianceClipped, t),
  }
}

/**
 * The coefficients of q(x_next | x_now, x0) between any two noise levels, in float64. Its mean is `x0` x0 + `xt` x_now
 * and its variance is `small`. `large` is the variance of the forward step q(x_now | x_next). Between neighbouring
 * steps `small` and `large` are DDPM's β̃_t and β_t.
 */
export function posteriorBetween(now: NoiseLevel, next: NoiseLevel) {
  checkRecord('posteriorBetween', 'a noise level to come from', now, ['alpha', 'sigma'])
  checkRecord('posteriorBetween', 'a noise level to go to', next, ['alpha', 'sigma'])
  const alpha = now.alpha / next.alpha
  const beta = 1 - alpha ** 2
  return {
    x0: (next.alpha * beta) / now.sigma ** 2,
    xt: (alpha * next.sigma ** 2) / now.sigma ** 2,
    small: (beta * next.sigma ** 2) / now.sigma ** 2,
    large: beta,
  }
}
