import '@tensorflow/tfjs-backend-cpu'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'
import { type ScheduleConfig, scheduleOf } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { baseStage, superResolutionStage } from './stage/stage.ts'
import type { SuperResolutionStageOptions } from './stage/stage-config.ts'
import type { StageNetwork } from './stage/stage-network.ts'

/**
 * Data of which every conditional distribution is known. Small images z [2,2,1] of two classes are their mean, plus a
 * common and a single part for each pixel; large ones [4,4,1] are x = gain z (each pixel repeated) + details.
 */
export const gaussian = {
  /** Of each class. */
  mean: [-0.5, 0.3],
  common: 0.1,
  single: 0.2,
  gain: 0.9,
  details: 0.2,
}

/** The variances of z along the mean of the image, and along what remains. */
export const smallVariances = [gaussian.single + 4 * gaussian.common, gaussian.single] as const

/** The variance of z at a variance v, given z_s. */
export const posteriorVariance = (v: number, { alpha, sigma }: Noise): number =>
  (v * sigma ** 2) / (alpha ** 2 * v + sigma ** 2)

/** The variances of x along the mean of the image, the means of 2×2 pixels, and what remains, given those of z. */
export const largeVariances = (ofSmall: readonly number[]): number[] => [
  ...ofSmall.map((v) => 4 * gaussian.gain ** 2 * v + gaussian.details),
  gaussian.details,
]

interface Noise {
  readonly alpha: number
  readonly sigma: number
}

/** A noise level as tensors [N,1,1,1]. */
interface NoiseTensors {
  readonly alpha: tf.Tensor
  readonly sigma: tf.Tensor
}

/** How a network reads a number for each image as a noise level. */
type ReadNoise = (numbers: tf.Tensor1D) => NoiseTensors

const perImage = (x: tf.Tensor): tf.Tensor => tf.reshape(tf.cast(x, 'float32'), [-1, 1, 1, 1])

const ofLogSnr: ReadNoise = (logSnr) => ({
  alpha: tf.sqrt(tf.sigmoid(perImage(logSnr))),
  sigma: tf.sqrt(tf.sigmoid(tf.neg(perImage(logSnr)))),
})

/** Steps: t of x_t, or with `clean` s of z_s, where 0 is the clean image. */
const ofSteps = (schedule: ScheduleConfig, clean: boolean): ReadNoise => {
  const { alphasCumprod } = scheduleOf(schedule) as { alphasCumprod: Float64Array }
  const all = [...(clean ? [1] : []), ...alphasCumprod]
  const read = (values: readonly number[], t: tf.Tensor1D) =>
    perImage(tf.gather(tf.tensor1d([...values]), tf.cast(t, 'int32')))
  return (t) => ({
    alpha: read(all.map(Math.sqrt), t),
    sigma: read(
      all.map((a) => Math.sqrt(1 - a)),
      t,
    ),
  })
}

/** 1000 times of a log-linear process; 0 is the clean image. */
const ofTimes =
  (min: number, max: number): ReadNoise =>
  (thousand) => {
    const { alpha, sigma } = ofLogSnr(tf.add(tf.mul(thousand, (min - max) / 1000), max) as tf.Tensor1D)
    const isClean = tf.equal(perImage(thousand), 0)
    return { alpha: tf.where(isClean, tf.onesLike(alpha), alpha), sigma: tf.where(isClean, tf.zerosLike(sigma), sigma) }
  }

/** The parts of images along the mean of the image, the means of 2×2 pixels, and what remains. */
function partsOf(x: tf.Tensor4D): tf.Tensor[] {
  const whole = tf.mean(x, [1, 2], true)
  const [n, size] = [x.shape[0], x.shape[1] / 2]
  const pairs = tf.mean(tf.reshape(x, [n, size, 2, size, 2]), [2, 4], true)
  const blocks = tf.reshape(tf.tile(pairs, [1, 1, 2, 1, 2]), x.shape)
  return [whole, tf.sub(blocks, whole), tf.sub(x, blocks)]
}

/** E[x | alpha x + sigma ε] of Gaussian images with a mean and variances along their parts. */
function denoised(
  xt: tf.Tensor4D,
  { alpha, sigma }: NoiseTensors,
  mean: tf.Tensor,
  variances: readonly (tf.Tensor | number)[],
): tf.Tensor4D {
  const parts = partsOf(tf.sub(xt, tf.mul(alpha, mean)) as tf.Tensor4D)
  const gains = variances.map((v) => tf.div(tf.mul(alpha, v), tf.add(tf.mul(tf.square(alpha), v), tf.square(sigma))))
  return parts.map((part, i) => tf.mul(gains[i]!, part)).reduce((sum, x) => tf.add(sum, x), mean) as tf.Tensor4D
}

const [wholeVariance, restVariance] = smallVariances
const ofSmall = [wholeVariance, restVariance, restVariance]

const denoisedSmall = (zt: tf.Tensor4D, noise: NoiseTensors, label: tf.Tensor) =>
  denoised(zt, noise, perImage(tf.gather(tf.tensor1d(gaussian.mean), label)), ofSmall)

const exact = (apply: StageNetwork['apply']): StageNetwork => ({ config: { name: 'exact' }, init: () => ({}), apply })

/** A process with what reads its noise input. */
function processFor(schedule: ScheduleConfig, variance: ProcessConfig['variance']) {
  const discrete = 'steps' in schedule
  return {
    process: { schedule, prediction: 'x0', variance, noiseInput: discrete ? 'timestep' : 'log-snr' } as const,
    read: discrete ? ofSteps(schedule, false) : ofLogSnr,
  }
}

const classNames = ['dark', 'bright']

/** The base stage with the exact denoiser of z. */
export function exactBase(schedule: ScheduleConfig, variance: ProcessConfig['variance'] = 'fixed-small') {
  const { process, read } = processFor(schedule, variance)
  const network = exact((_, zt, noise, { label }) => denoisedSmall(zt, read(noise), label!))
  return {
    stage: baseStage({ name: 'base', resolution: 2, imageChannels: 1, classNames, process, network }),
    params: {},
  }
}

/** The augmentations that the exact super-resolution stage can be conditioned on. */
export type ExactAugmentation =
  | { readonly name: 'gaussian-noise'; readonly schedule: ScheduleConfig }
  | { readonly name: 'noise-log-snr'; readonly logSnr: readonly [min: number, max: number] }

/** What reads the levels that the network is conditioned on. */
function readLevels(augmentation: ExactAugmentation): ReadNoise {
  if (augmentation.name === 'noise-log-snr') return ofLogSnr
  const { schedule } = augmentation
  if (schedule.name === 'continuous-log-linear') return ofTimes(schedule.min, schedule.max)
  return ofSteps(schedule, true)
}

/** The super-resolution stage with the exact denoiser of x given z_s. */
export function exactSuperResolution(
  schedule: ScheduleConfig,
  augmentation: ExactAugmentation,
  variance: ProcessConfig['variance'] = 'fixed-small',
) {
  const { process, read } = processFor(schedule, variance)
  const readLevel = readLevels(augmentation)
  const network = exact((_, xt, noise, { label, lowRes, augmentationLevel }) => {
    const level = readLevel(augmentationLevel!)
    const small = denoisedSmall(lowRes!, level, label!)
    const repeated = tf.reshape(tf.tile(tf.reshape(small, [-1, 2, 1, 2, 1]), [1, 1, 2, 1, 2]), xt.shape)
    const left = smallVariances.map((v) =>
      tf.div(tf.mul(v, tf.square(level.sigma)), tf.add(tf.mul(tf.square(level.alpha), v), tf.square(level.sigma))),
    )
    const variances = left.map((v) => tf.add(tf.mul(v, 4 * gaussian.gain ** 2), gaussian.details))
    return denoised(xt, read(noise), tf.mul(repeated, gaussian.gain), [...variances, gaussian.details])
  })
  const options = { name: 'sr', resolution: 4, lowResolution: 2, imageChannels: 1, classNames, process, network }
  const stage = superResolutionStage({ ...options, augmentation } as SuperResolutionStageOptions)
  return { stage, params: {} }
}
