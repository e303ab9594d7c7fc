import { add, div, mul, sub, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import type { Prediction } from './process.ts'

/** A noise level as tensors that broadcast against images: x_t = alpha x0 + sigma ε. */
export interface AlphaSigma {
  readonly alpha: Tensor
  readonly sigma: Tensor
}

/** The data and the noise in some x_t, both [N,H,W,C]. */
export interface DataAndNoise {
  readonly x0: Tensor4D
  readonly epsilon: Tensor4D
}

/** Data with noise: x_t = alpha x0 + sigma ε (DDPM, equation 4, at any noise level). */
export const xtFrom = ({ x0, epsilon }: DataAndNoise, { alpha, sigma }: AlphaSigma): Tensor4D =>
  add(mul(alpha, x0), mul(sigma, epsilon))

/** The data that noise ε in x_t leaves: x0 = (x_t - sigma ε) / alpha. */
export const x0FromEpsilon = (xt: Tensor4D, epsilon: Tensor4D, { alpha, sigma }: AlphaSigma): Tensor4D =>
  div(sub(xt, mul(sigma, epsilon)), alpha)

/** The noise that data x0 in x_t leaves: ε = (x_t - alpha x0) / sigma. */
export const epsilonFromX0 = (xt: Tensor4D, x0: Tensor4D, { alpha, sigma }: AlphaSigma): Tensor4D =>
  div(sub(xt, mul(alpha, x0)), sigma)

/** The data of x_t by its velocity: x0 = alpha x_t - sigma v. */
export const x0FromV = (xt: Tensor4D, v: Tensor4D, { alpha, sigma }: AlphaSigma): Tensor4D =>
  sub(mul(alpha, xt), mul(sigma, v))

/** The noise of x_t by its velocity: ε = sigma x_t + alpha v. */
export const epsilonFromV = (xt: Tensor4D, v: Tensor4D, { alpha, sigma }: AlphaSigma): Tensor4D =>
  add(mul(sigma, xt), mul(alpha, v))

/** The velocity v = alpha ε - sigma x0 (Salimans & Ho 2022, section 4). */
export const vFrom = ({ x0, epsilon }: DataAndNoise, { alpha, sigma }: AlphaSigma): Tensor4D =>
  sub(mul(alpha, epsilon), mul(sigma, x0))

/** The data and the noise in x_t that a network's prediction means. */
export function readPrediction(
  prediction: Prediction,
  output: Tensor4D,
  xt: Tensor4D,
  level: AlphaSigma,
): DataAndNoise {
  switch (prediction) {
    case 'epsilon':
      return { x0: x0FromEpsilon(xt, output, level), epsilon: output }
    case 'x0':
      return { x0: output, epsilon: epsilonFromX0(xt, output, level) }
    case 'v':
      return { x0: x0FromV(xt, output, level), epsilon: epsilonFromV(xt, output, level) }
  }
}

/** What a network should have predicted for data with that noise: ε, x0 or v. */
export function predictionTarget(prediction: Prediction, truth: DataAndNoise, level: AlphaSigma): Tensor4D {
  return prediction === 'v' ? vFrom(truth, level) : truth[prediction]
}
