import { type ContinuousSchedule, continuousLogLinear } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import type { DiffusionProcess, Network } from './process/process.ts'

/** A mixture of isotropic Gaussians in the plane: data whose denoiser is known. */
export const mixture = [
  { weight: 0.5, mean: [0.8, -0.3], deviation: 0.25 },
  { weight: 0.3, mean: [-0.7, 0.5], deviation: 0.4 },
  { weight: 0.2, mean: [-0.2, -0.9], deviation: 0.15 },
] as const

/** Its mean, and its covariance as [xx, xy, yy]. */
export function mixtureMoments(): { mean: [number, number]; covariance: [number, number, number] } {
  const expected = (f: (x: number, y: number, variance: number) => number) =>
    mixture.reduce((sum, { weight, mean, deviation }) => sum + weight * f(mean[0], mean[1], deviation ** 2), 0)
  const [x, y] = [expected((a) => a), expected((_, b) => b)]
  return {
    mean: [x, y],
    covariance: [
      expected((a, _, v) => a * a + v) - x * x,
      expected((a, b) => a * b) - x * y,
      expected((_, b, v) => b * b + v) - y * y,
    ],
  }
}

/** The process that the mixture is sampled by: in continuous time, conditioned on the log-SNR. */
export const mixtureProcess: DiffusionProcess<ContinuousSchedule> = {
  schedule: continuousLogLinear({ min: -9, max: 9 }),
  prediction: 'x0',
  variance: 'fixed-small',
  noiseInput: 'log-snr',
}

/** The logarithm of each component's density at x_t, up to a constant: [N, components]. `xt` is [N,1,1,2]. */
export function logDensities(xt: tf.Tensor4D, logSnr: tf.Tensor1D): tf.Tensor2D {
  const alpha2 = tf.sigmoid(logSnr)
  const x = tf.reshape(xt, [-1, 2])
  return tf.stack(
    mixture.map(({ weight, mean, deviation }) => {
      const variance = tf.add(tf.mul(alpha2, deviation ** 2), tf.sub(1, alpha2))
      const centred = tf.sub(x, tf.mul(tf.expandDims(tf.sqrt(alpha2), 1), tf.tensor2d([...mean], [1, 2])))
      const distance = tf.div(tf.sum(tf.square(centred), 1), variance)
      return tf.sub(Math.log(weight), tf.add(tf.mul(0.5, distance), tf.log(variance)))
    }),
    1,
  ) as tf.Tensor2D
}

/** E[x0 | x_t] of each component: [N, components, 2]. */
function componentMeans(xt: tf.Tensor4D, logSnr: tf.Tensor1D): tf.Tensor3D {
  const alpha = tf.expandDims(tf.sqrt(tf.sigmoid(logSnr)), 1)
  const x = tf.reshape(xt, [-1, 2])
  return tf.stack(
    mixture.map(({ mean, deviation }) => {
      const mu = tf.tensor2d([...mean], [1, 2])
      const variance = tf.add(tf.mul(tf.square(alpha), deviation ** 2), tf.sub(1, tf.square(alpha)))
      const gain = tf.div(tf.mul(alpha, deviation ** 2), variance)
      return tf.add(mu, tf.mul(gain, tf.sub(x, tf.mul(alpha, mu))))
    }),
    1,
  ) as tf.Tensor3D
}

/** The exact network of the mixture, E[x0 | x_t]: of all of it, or of the component that each image's label names. */
export const mixtureNetwork: Network<{ label: tf.Tensor1D } | undefined> = (xt, logSnr, condition) => {
  const shares = condition
    ? tf.oneHot(condition.label, mixture.length, 1, 0, 'float32')
    : tf.softmax(logDensities(xt, logSnr))
  return tf.reshape(tf.sum(tf.mul(componentMeans(xt, logSnr), tf.expandDims(shares, 2)), 1), [-1, 1, 1, 2])
}

/**
 * The probability-flow ODE from the noisiest level to λ = ln(alpha / sigma), by Runge and Kutta's method, in float64.
 */
export function flow([x, y]: readonly [number, number], from: number, to: number, steps = 4000): [number, number] {
  // In u = x_t / sigma and λ: du/dλ = e^λ E[x0 | x_t], for d(x_t / sigma) = x0 d(alpha / sigma).
  const slope = ([u, v]: readonly number[], lambda: number): number[] => {
    const ratio = Math.exp(lambda)
    const densities = mixture.map(({ weight, mean: [a, b], deviation }) => {
      // x_t / sigma has mean e^λ μ and variance e^2λ s² + 1.
      const variance = (ratio * deviation) ** 2 + 1
      const [du, dv] = [u! - ratio * a, v! - ratio * b]
      const gain = (ratio * deviation ** 2) / variance
      const density = (weight / variance) * Math.exp(-(du * du + dv * dv) / (2 * variance))
      return { density, x0: [a + gain * du, b + gain * dv] as const }
    })
    const total = densities.reduce((sum, { density }) => sum + density, 0)
    return [0, 1].map((i) => (ratio * densities.reduce((sum, { density, x0 }) => sum + density * x0[i]!, 0)) / total)
  }
  const sigma = (lambda: number) => Math.sqrt(1 / (1 + Math.exp(2 * lambda)))
  let at = [x / sigma(from), y / sigma(from)]
  const h = (to - from) / steps
  const moved = (by: number, k: readonly number[]) => at.map((value, i) => value + by * k[i]!)
  for (let i = 0; i < steps; i++) {
    const lambda = from + i * h
    const k1 = slope(at, lambda)
    const k2 = slope(moved(h / 2, k1), lambda + h / 2)
    const k3 = slope(moved(h / 2, k2), lambda + h / 2)
    const k4 = slope(moved(h, k3), lambda + h)
    at = at.map((value, j) => value + (h / 6) * (k1[j]! + 2 * k2[j]! + 2 * k3[j]! + k4[j]!))
  }
  return [at[0]! * sigma(to), at[1]! * sigma(to)]
}
