import { clipByValue, div, mul, sub, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'

/** A noise level as tensors that broadcast against images: x_t = alpha x0 + sigma ε. */
export interface AlphaSigma {
  readonly alpha: Tensor
  readonly sigma: Tensor
}

/** The data that noise ε in x_t leaves: x0 = (x_t - sigma ε) / alpha. */
export const x0FromEpsilon = (xt: Tensor4D, epsilon: Tensor4D, { alpha, sigma }: AlphaSigma): Tensor4D =>
  div(sub(xt, mul(sigma, epsilon)), alpha)

/** The noise that data x0 in x_t leaves: ε = (x_t - alpha x0) / sigma. */
export const epsilonFromX0 = (xt: Tensor4D, x0: Tensor4D, { alpha, sigma }: AlphaSigma): Tensor4D =>
  div(sub(xt, mul(alpha, x0)), sigma)

/** Static clipping: x0 to [-1, 1], the range of images. */
export const clipX0 = (x0: Tensor4D): Tensor4D => clipByValue(x0, -1, 1)
