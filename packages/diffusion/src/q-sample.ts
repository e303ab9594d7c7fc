import type { DiscreteSchedule } from '@cascade-diffusion/schedules'
import { add, mul, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import { gatherForImages } from './gather.ts'

/**
 * Draws x_t from q(x_t | x0): √ᾱ_t x0 + √(1 - ᾱ_t) ε (DDPM, equation 4). A traceable function of tensors.
 * @param x0 images [N,H,W,C] in [-1, 1].
 * @param t the step of each image, int32 [N], 0 … T-1.
 * @param epsilon standard normal noise [N,H,W,C].
 */
export function qSample(schedule: DiscreteSchedule, x0: Tensor4D, t: Tensor1D, epsilon: Tensor4D): Tensor4D {
  const alpha = gatherForImages(schedule.alphasCumprod.map(Math.sqrt), t)
  const sigma = gatherForImages(
    schedule.alphasCumprod.map((a) => Math.sqrt(1 - a)),
    t,
  )
  return add(mul(alpha, x0), mul(sigma, epsilon))
}
