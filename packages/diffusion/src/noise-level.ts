import type { DiscreteSchedule } from '@cascade-diffusion/schedules'
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import { gather1d, gatherForImages } from './gather.ts'
import type { DiffusionProcess } from './process.ts'

/** How much of the data and of the noise is in x_t = alpha x0 + sigma ε; alpha² + sigma² = 1. */
export interface NoiseLevel {
  readonly alpha: number
  readonly sigma: number
}

/** A noise level as tensors that broadcast against images, with what the network is told of it (float32 [N]). */
export interface NoiseLevelTensors {
  readonly noiseInput: Tensor1D
  readonly alpha: Tensor
  readonly sigma: Tensor
}

/** The noise level of step t, in float64: alpha = √ᾱ_t, sigma = √(1 - ᾱ_t). Step -1 is the data: alpha 1, sigma 0. */
export function noiseLevel(schedule: DiscreteSchedule, t: number): NoiseLevel {
  const alphaCumprod = t === -1 ? 1 : schedule.alphasCumprod[t]
  if (alphaCumprod === undefined)
    throw new Error(`noiseLevel: expected a step from -1 to ${schedule.betas.length - 1}, got ${t}`)
  return { alpha: Math.sqrt(alphaCumprod), sigma: Math.sqrt(1 - alphaCumprod) }
}

/** What the network is told at each step of the process, t = 0 … T-1. */
export const noiseInputs = (process: DiffusionProcess): ArrayLike<number> => process.schedule.timesteps

/** What the network is told at steps t (int32 [N]): float32 [N]. */
export const noiseInputAt = (process: DiffusionProcess, t: Tensor1D): Tensor1D => gather1d(noiseInputs(process), t)

/** The noise levels of steps t (int32 [N]), one for each image. */
export function noiseLevelAt(process: DiffusionProcess, t: Tensor1D): NoiseLevelTensors {
  const { alphasCumprod } = process.schedule
  return {
    noiseInput: noiseInputAt(process, t),
    alpha: gatherForImages(alphasCumprod.map(Math.sqrt), t),
    sigma: gatherForImages(
      alphasCumprod.map((a) => Math.sqrt(1 - a)),
      t,
    ),
  }
}
