import type { DiscreteSchedule } from '@cascade-diffusion/schedules'
import { add, mul, square, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import { meanOverImage } from './loss-input.ts'

/**
 * The prior's term L_T of the variational bound for each image x0 [N,H,W,C], in bits per dimension: KL(q(x_T | x0) ‖
 * N(0, 1)) (DDPM, equation 5). It does not depend on the network. The variance contributes -(ᾱ + ln(1 - ᾱ)) / 2,
 * computed in float64: it would vanish in float32. Traceable.
 */
export function priorBits({ alphasCumprod }: DiscreteSchedule, x0: Tensor4D): Tensor1D {
  const a = alphasCumprod[alphasCumprod.length - 1]!
  const ofVariance = -(a + Math.log1p(-a)) / 2
  return add(mul(meanOverImage(square(x0)), a / 2 / Math.LN2), ofVariance / Math.LN2)
}
