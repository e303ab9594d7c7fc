import { CascadeError, shown } from '@cascade-diffusion/checks'
import { add, div, mul, sub, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { checkRecord, checkTensors } from '../checks.ts'
import type { Prediction } from '../process/process.ts'

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

/** @throws unless the images, and the noise level's two numbers, are tensors. */
function checkAll(where: string, images: Readonly<Record<string, unknown>>, level: AlphaSigma): void {
  checkRecord(where, 'a noise level', level, ['alpha', 'sigma'])
  checkTensors(where, { ...images, alpha: level.alpha, sigma: level.sigma })
}

/** Data with noise: x_t = alpha x0 + sigma ε (DDPM, equation 4, at any noise level). */
export function xtFrom(data: DataAndNoise, level: AlphaSigma): Tensor4D {
  checkRecord('xtFrom', 'data and noise', data, ['x0', 'epsilon'])
  checkAll('xtFrom', { x0: data.x0, epsilon: data.epsilon }, level)
  return add(mul(level.alpha, data.x0), mul(level.sigma, data.epsilon))
}

/** The data of x_t, given its noise: x0 = (x_t - sigma ε) / alpha. */
export function x0FromEpsilon(xt: Tensor4D, epsilon: Tensor4D, level: AlphaSigma): Tensor4D {
  checkAll('x0FromEpsilon', { xt, epsilon }, level)
  return div(sub(xt, mul(level.sigma, epsilon)), level.alpha)
}

/** The noise of x_t, given its data: ε = (x_t - alpha x0) / sigma. */
export function epsilonFromX0(xt: Tensor4D, x0: Tensor4D, level: AlphaSigma): Tensor4D {
  checkAll('epsilonFromX0', { xt, x0 }, level)
  return div(sub(xt, mul(level.alpha, x0)), level.sigma)
}

/** The data of x_t, given its velocity: x0 = alpha x_t - sigma v. */
export function x0FromV(xt: Tensor4D, v: Tensor4D, level: AlphaSigma): Tensor4D {
  checkAll('x0FromV', { xt, v }, level)
  return sub(mul(level.alpha, xt), mul(level.sigma, v))
}

/** The noise of x_t, given its velocity: ε = sigma x_t + alpha v. */
export function epsilonFromV(xt: Tensor4D, v: Tensor4D, level: AlphaSigma): Tensor4D {
  checkAll('epsilonFromV', { xt, v }, level)
  return add(mul(level.sigma, xt), mul(level.alpha, v))
}

/** The velocity v = alpha ε - sigma x0 (Salimans & Ho 2022, section 4). */
export function vFrom(data: DataAndNoise, level: AlphaSigma): Tensor4D {
  checkRecord('vFrom', 'data and noise', data, ['x0', 'epsilon'])
  checkAll('vFrom', { x0: data.x0, epsilon: data.epsilon }, level)
  return sub(mul(level.alpha, data.epsilon), mul(level.sigma, data.x0))
}

/** The data and the noise in x_t that a network's prediction implies. @throws on an unknown prediction. */
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
  throw unknownPrediction('readPrediction', prediction)
}

/** What a network should predict for data with that noise: ε, x0 or v. */
export function predictionTarget(prediction: Prediction, truth: DataAndNoise, level: AlphaSigma): Tensor4D {
  if (prediction === 'v') return vFrom(truth, level)
  if (prediction !== 'x0' && prediction !== 'epsilon') throw unknownPrediction('predictionTarget', prediction)
  checkRecord('predictionTarget', 'data and noise', truth, ['x0', 'epsilon'])
  return truth[prediction]
}

const unknownPrediction = (where: string, prediction: never) =>
  new CascadeError('input', `${where}: expected a prediction of epsilon, x0, v; got ${shown(prediction)}`)
