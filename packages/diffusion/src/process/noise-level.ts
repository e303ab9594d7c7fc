import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import { checkDiscrete } from '../checks.ts'
import { gather1d, gatherForImages } from './gather.ts'
import { checkProcess, type DiffusionProcess, isDiscrete, type Schedule, takesNoiseLevels } from './process.ts'
import { checkStep, type Steps } from './steps.ts'

/** The factors of the data and of the noise in x_t = alpha x0 + sigma ε; alpha² + sigma² = 1. */
export interface NoiseLevel {
  readonly alpha: number
  readonly sigma: number
}

/** A noise level as tensors that broadcast against images, and the network's noise input there (float32 [N] or [1]). */
export interface NoiseLevelTensors {
  readonly noiseInput: Tensor1D
  readonly alpha: Tensor
  readonly sigma: Tensor
}

/** {@link NoiseLevelTensors} on the host: noiseInput [n], alpha and sigma [n,1,1,1]. */
export interface NoiseLevelArrays {
  readonly noiseInput: NDArray<'float32'>
  readonly alpha: NDArray<'float32'>
  readonly sigma: NDArray<'float32'>
}

/**
 * The noise level of a step 0 … T-1 of a discrete schedule (alpha = √ᾱ_t, sigma = √(1 - ᾱ_t)), or of a time 0 … 1 of a
 * continuous one, in float64. -1 is the data: alpha 1, sigma 0.
 * @throws on any other step or time.
 */
export function noiseLevel(schedule: Schedule, t: number): NoiseLevel {
  const discrete = isDiscrete(schedule)
  if (t === -1) return { alpha: 1, sigma: 0 }
  if (!discrete) return { alpha: schedule.alpha(t), sigma: schedule.sigma(t) }
  const alphaCumprod = typeof t === 'number' ? schedule.alphasCumprod[t] : undefined
  if (alphaCumprod === undefined)
    throw new CascadeError(
      'input',
      `noiseLevel: expected a step from -1 to ${schedule.betas.length - 1}, got ${shown(t)}`,
    )
  return { alpha: Math.sqrt(alphaCumprod), sigma: Math.sqrt(1 - alphaCumprod) }
}

/**
 * What the network is conditioned on at a step 0 … T-1 of a discrete process, or at a time 0 … 1 of a continuous one,
 * in float64.
 * @throws on another step or time, and if the network is conditioned on a log-SNR that is infinite there.
 */
export function noiseInput(process: DiffusionProcess<Schedule>, t: number): number {
  checkProcess(process)
  const { schedule, noiseInput } = process
  if (takesNoiseLevels(noiseInput)) return noiseInputOfLevel(noiseInput, noiseLevel(schedule, t))
  const rescaled = noiseInput === 'rescaled-timestep'
  if (!isDiscrete(schedule)) {
    if (!(typeof t === 'number' && t >= 0 && t <= 1))
      throw new CascadeError('input', `noiseInput: expected a time from 0 to 1, got ${shown(t)}`)
    return rescaled ? 1000 * t : t
  }
  checkStep('noiseInput', t, schedule.betas.length)
  return schedule.timesteps[t]! * (rescaled ? 1000 / schedule.unspacedSteps : 1)
}

/** What a network that {@link takesNoiseLevels} is conditioned on at a level. @throws on an infinite log-SNR. */
export function noiseInputOfLevel(noiseInput: 'noise-level' | 'log-snr', { alpha, sigma }: NoiseLevel): number {
  if (noiseInput === 'noise-level') return alpha
  const logSnr = 2 * Math.log(alpha / sigma)
  if (!Number.isFinite(logSnr))
    throw new CascadeError(
      'input',
      `noiseInput: expected a finite log-SNR to condition the network on, got ${logSnr} at alpha ${alpha}`,
    )
  return logSnr
}

/** What the network is conditioned on at steps t: float32 [N], or [1] if one step is for all images. */
export function noiseInputAt(process: DiffusionProcess, t: Steps): Tensor1D {
  checkProcess(process)
  checkDiscrete('noiseInputAt', process.schedule)
  return gather1d(
    process.schedule.betas.map((_, step) => noiseInput(process, step)),
    t,
  )
}

/** The noise levels of steps t, one for each image or one for all. Traceable. */
export function noiseLevelAt(process: DiffusionProcess, t: Steps): NoiseLevelTensors {
  checkProcess(process)
  checkDiscrete('noiseLevelAt', process.schedule)
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

/**
 * The noise levels of n examples as arrays, to be handed to a compiled function that takes {@link NoiseLevelTensors}:
 * computed on the host in float64, rounded once to float32.
 * @param at steps or times, as {@link noiseLevel} takes them; or noise levels between them, such as
 * `piecewiseUniformNoiseLevels` of `schedules` draws. These need a network conditioned on the `noise-level` or the
 * `log-snr`.
 * @throws as {@link noiseInput}; on noise levels that are not in [0, 1]; and if noise levels are given to a network
 * conditioned on the step.
 */
export function noiseLevelArrays(
  process: DiffusionProcess<Schedule>,
  at: ArrayLike<number> | { readonly alpha: ArrayLike<number>; readonly sigma: ArrayLike<number> },
): NoiseLevelArrays {
  checkProcess(process)
  const given = typeof at === 'object' && at !== null && 'alpha' in at
  for (const [what, list] of Object.entries(given ? { alpha: at.alpha, sigma: at.sigma } : { steps: at }))
    if (!Array.isArray(list) && !ArrayBuffer.isView(list))
      throw new CascadeError('input', `noiseLevelArrays: expected a list of ${what}, got ${shown(list)}`)
  const levels =
    'alpha' in at ? givenLevels(at.alpha, at.sigma) : Array.from(at, (t) => noiseLevel(process.schedule, t))
  const inputs = 'alpha' in at ? levels.map(betweenSteps(process)) : Array.from(at, (t) => noiseInput(process, t))
  const forImages = (values: readonly number[]) => float32(values, [values.length, 1, 1, 1])
  return {
    noiseInput: float32(inputs),
    alpha: forImages(levels.map(({ alpha }) => alpha)),
    sigma: forImages(levels.map(({ sigma }) => sigma)),
  }
}

function givenLevels(alphas: ArrayLike<number>, sigmas: ArrayLike<number>): NoiseLevel[] {
  if (alphas.length !== sigmas.length)
    throw new CascadeError(
      'input',
      `noiseLevelArrays: expected as many sigmas as alphas, got ${sigmas.length} and ${alphas.length}`,
    )
  return Array.from(alphas, (alpha, i) => {
    const sigma = sigmas[i]!
    if (!(Math.abs(alpha ** 2 + sigma ** 2 - 1) < 1e-6 && alpha >= 0 && sigma >= 0))
      throw new CascadeError(
        'input',
        `noiseLevelArrays: expected alpha² + sigma² = 1, got alpha ${alpha} and sigma ${sigma}`,
      )
    return { alpha, sigma }
  })
}

function betweenSteps({ noiseInput }: DiffusionProcess<Schedule>): (level: NoiseLevel) => number {
  if (takesNoiseLevels(noiseInput)) return (level) => noiseInputOfLevel(noiseInput, level)
  throw new CascadeError(
    'input',
    `noiseLevelArrays: expected a network conditioned on the noise-level or the log-snr, got ${noiseInput}`,
  )
}
