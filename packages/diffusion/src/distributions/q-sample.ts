import type { DiscreteSchedule } from '@cascade-diffusion/schedules'
import { mul, type Tensor4D } from '@tensorflow/tfjs-core'
import { checkDiscrete, checkImageTensors } from '../checks.ts'
import { xtFrom } from '../model/predictions.ts'
import { gatherForImages } from '../process/gather.ts'
import { checkSteps, type Steps } from '../process/steps.ts'
import type { Gaussian } from './posterior.ts'

/**
 * Draws x_t from q(x_t | x0): √ᾱ_t x0 + √(1 - ᾱ_t) ε (DDPM, equation 4). A traceable function of tensors.
 * @param x0 images [N,H,W,C] in [-1, 1].
 * @param t the step of each image, or one for all.
 * @param epsilon standard normal noise [N,H,W,C].
 * @throws if an argument is not a batch of images, if their shapes differ, or if t is not a step of the schedule (of a
 * tensor: when it is computed).
 */
export function qSample(schedule: DiscreteSchedule, x0: Tensor4D, t: Steps, epsilon: Tensor4D): Tensor4D {
  checkDiscrete('qSample', schedule)
  checkImageTensors('qSample', { x0, epsilon })
  checkSteps('qSample', t, x0.shape[0])
  const { alphasCumprod } = schedule
  const alpha = gatherForImages(alphasCumprod.map(Math.sqrt), t)
  const sigma = gatherForImages(
    alphasCumprod.map((a) => Math.sqrt(1 - a)),
    t,
  )
  return xtFrom({ x0, epsilon }, { alpha, sigma })
}

/**
 * q(x_t | x0) itself: mean √ᾱ_t x0, variance 1 - ᾱ_t (DDPM, equation 4). The variance is [N,1,1,1], or [1,1,1,1] if
 * one step is for all images. Traceable.
 * @throws as {@link qSample}.
 */
export function qMeanVariance(schedule: DiscreteSchedule, x0: Tensor4D, t: Steps): Gaussian {
  checkDiscrete('qMeanVariance', schedule)
  checkImageTensors('qMeanVariance', { x0 })
  checkSteps('qMeanVariance', t, x0.shape[0])
  const { alphasCumprod } = schedule
  return {
    mean: mul(gatherForImages(alphasCumprod.map(Math.sqrt), t), x0),
    variance: gatherForImages(
      alphasCumprod.map((a) => 1 - a),
      t,
    ),
    logVariance: gatherForImages(
      alphasCumprod.map((a) => Math.log1p(-a)),
      t,
    ),
  }
}
