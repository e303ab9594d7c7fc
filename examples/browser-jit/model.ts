import type { Params } from '@cascade-diffusion/arrays'
import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { type DiffusionProcess, denoiser, noiseInputAt, noiseLevel, noiseLevelAt } from '@cascade-diffusion/diffusion'
import { type LossInput, simpleLoss } from '@cascade-diffusion/losses'
import { cosineSchedule } from '@cascade-diffusion/schedules'
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

/**
 * The noise is led around the U-Net, which predicts v = α ε - σ x₀: ε_θ = σ x_t + α v. Short training then gives better
 * samples.
 */
const networkOf = (params: Params<tf.Tensor>) => (xt: tf.Tensor4D, noise: tf.Tensor1D, condition: UNetCondition) => {
  const { alpha, sigma } = noiseLevelAt(process, tf.cast(noise, 'int32'))
  return tf.add(tf.mul(sigma, xt), tf.mul(alpha, net.apply(params, xt, noise, condition))) as tf.Tensor4D
}

/** The training loss: the simple loss of DDPM. */
export const loss = (params: Params<tf.Tensor>, batch: LossInput<UNetCondition>): tf.Scalar =>
  simpleLoss({ network: networkOf(params), process }, batch)

/** The numbers of a step of sampling; see {@link samplingPlan}. */
interface Step {
  readonly numbers: tf.Tensor1D
  readonly noise: tf.Tensor4D
  readonly label: tf.Tensor1D
}

/**
 * One step of DDIM with η = 1 (Song et al. 2021, equation 12). The weights are arguments, since they change in
 * training.
 */
export function samplingStep(params: Params<tf.Tensor>, xt: tf.Tensor4D, { numbers, noise, label }: Step): tf.Tensor4D {
  const [t, alpha, sigma, ofX0, ofEpsilon, ofNoise] = tf.split(numbers, 6) as [tf.Tensor1D, ...tf.Tensor1D[]]
  const noiseInput = tf.tile(noiseInputAt(process, tf.cast(t, 'int32')), [xt.shape[0]])
  const denoise = denoiser({ network: networkOf(params), process })
  const { x0, epsilon } = denoise(xt, { noiseInput, alpha: alpha!, sigma: sigma! }, { label })
  return tf.addN([tf.mul(ofX0!, x0), tf.mul(ofEpsilon!, epsilon), tf.mul(ofNoise!, noise)]) as tf.Tensor4D
}

/** The numbers of n steps, evenly spaced from almost pure noise to the data. */
export function samplingPlan(steps: number): NDArray<'float32'>[] {
  const times = Array.from({ length: steps }, (_, i) => Math.round(980 * (1 - i / steps)))
  return times.map((t, i) => {
    const now = noiseLevel(process.schedule, t)
    const next = noiseLevel(process.schedule, times[i + 1] ?? -1)
    const deviation = (next.sigma / now.sigma) * Math.sqrt(1 - (now.alpha / next.alpha) ** 2)
    return float32([t, now.alpha, now.sigma, next.alpha, Math.sqrt(next.sigma ** 2 - deviation ** 2), deviation])
  })
}
