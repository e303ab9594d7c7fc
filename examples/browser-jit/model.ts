import { float32, type NDArray } from '@cascade-diffusion/arrays'
import {
  type DiffusionProcess,
  ddim,
  denoiser,
  noiseInputAt,
  noiseLevel,
  noiseLevelAt,
  type Sampler,
} from '@cascade-diffusion/diffusion'
import { type LossInput, simpleLoss } from '@cascade-diffusion/losses'
import { cosineSchedule } from '@cascade-diffusion/schedules'
import type { Params } from '@cascade-diffusion/training'
import { type UNetCondition, unet } from '@cascade-diffusion/unet'
import * as tf from '@tensorflow/tfjs-core'
import { classNames, resolution } from './shapes.ts'

export const net = unet({
  resolution,
  imageChannels: 3,
  patchSize: 2,
  baseChannels: 48,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
  numClasses: classNames.length,
  normGroups: 8,
})

export const process: DiffusionProcess = {
  schedule: cosineSchedule(1000),
  prediction: 'epsilon',
  variance: 'fixed-small',
  noiseInput: 'timestep',
}

/** The noise is led around the U-Net, which learns v = α ε - σ x₀ instead: ε_θ = σ x_t + α v. It makes short training go further. */
const networkOf = (params: Params) => (xt: tf.Tensor4D, noise: tf.Tensor1D, condition: UNetCondition) => {
  const { alpha, sigma } = noiseLevelAt(process, tf.cast(noise, 'int32'))
  return tf.add(tf.mul(sigma, xt), tf.mul(alpha, net.apply(params, xt, noise, condition))) as tf.Tensor4D
}

/** What training minimises: DDPM's simple loss. */
export const loss = (params: Params, batch: LossInput<UNetCondition>): tf.Scalar =>
  simpleLoss({ network: networkOf(params), process }, batch)

const sampler: Sampler = ddim({ eta: 1 })

/** One step of sampling, with the weights as arguments: they change all the time. `numbers` is one of {@link samplingPlan}'s. */
export function samplingStep(
  params: Params,
  xt: tf.Tensor4D,
  { numbers, noise, label }: { numbers: tf.Tensor1D; noise: tf.Tensor4D; label: tf.Tensor1D },
): { xt: tf.Tensor4D; x0: tf.Tensor4D } {
  const [t, alpha, sigma, ...rest] = tf.split(numbers, numbers.shape[0])
  const noiseInput = tf.tile(noiseInputAt(process, tf.cast(t as tf.Tensor1D, 'int32')), [xt.shape[0]])
  const denoise = denoiser({ network: networkOf(params), process })
  const denoised = denoise(xt, { noiseInput, alpha: alpha!, sigma: sigma! }, { label })
  const c = Object.fromEntries(coefficientsAt(0, -1).map(([name], i) => [name, rest[i]!]))
  return { xt: sampler.update({ xt, denoised, c, noise }), x0: denoised.x0 }
}

/** What the steps of sampling need to know, evenly spaced from almost pure noise down to the data. */
export function samplingPlan(steps: number): NDArray<'float32'>[] {
  const times = Array.from({ length: steps }, (_, i) => Math.round(980 * (1 - i / steps)))
  return times.map((t, i) => {
    const next = times[i + 1] ?? -1
    const { alpha, sigma } = noiseLevel(process.schedule, t)
    return float32([t, alpha, sigma, ...coefficientsAt(t, next).map(([, value]) => value)])
  })
}

const coefficientsAt = (t: number, next: number): [string, number][] => {
  const transition = { now: noiseLevel(process.schedule, t), next: noiseLevel(process.schedule, next) }
  return Object.entries(sampler.coefficients(transition, process))
}
