import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import {
  type DiffusionProcess,
  isDiscrete,
  type NoiseLevelArrays,
  type Schedule,
  takesNoiseLevels,
} from '@cascade-diffusion/diffusion'
import type { LossConfig } from '@cascade-diffusion/losses'
import type { Rng } from '@cascade-diffusion/random'
import type { DiscreteSchedule, LossHistory } from '@cascade-diffusion/schedules'

/** How noisy the images of a batch are. */
export interface DrawnLevels {
  /** The step of each image, or its noise level. */
  readonly t: NDArray<'int32'> | NoiseLevelArrays
  /** The weights that compensate for unequal probabilities of steps, float32 [N]. */
  readonly weights?: NDArray<'float32'>
}

/** A way to draw noise levels. */
export interface NoiseLevelSampler {
  /** Its history before the first step; undefined if it has none. */
  readonly history: LossHistory | undefined
  /** The noise levels of n images, a pure function of the key and the history. */
  draw(n: number, rng: Rng, history: LossHistory | undefined): DrawnLevels
}

/** What the noise levels must fit. */
export interface NoiseLevelsContext {
  /** The caller as errors name it: `stage 'base'`. */
  readonly where: string
  readonly process: DiffusionProcess<Schedule>
  readonly loss: LossConfig
}

/** A way to draw without a history. */
export const withoutHistory = (draw: (n: number, rng: Rng) => DrawnLevels): NoiseLevelSampler => ({
  history: undefined,
  draw,
})

/** The steps of the process. @throws if it is in continuous time. */
export function stepsOf(name: string, { where, process: { schedule } }: NoiseLevelsContext): DiscreteSchedule {
  if (isDiscrete(schedule)) return schedule
  throw new CascadeError('input', `${where}: expected discrete steps for noise levels ${name}`)
}

/** @throws unless network and loss take noise levels between the steps of the process. */
export function checkBetweenSteps(name: string, { where, process, loss }: NoiseLevelsContext): void {
  if (!takesNoiseLevels(process.noiseInput))
    throw new CascadeError(
      'input',
      `${where}: expected a network conditioned on the noise-level or the log-snr for noise levels ${name}, got ${process.noiseInput}`,
    )
  if (loss.name !== 'simple')
    throw new CascadeError('input', `${where}: expected the loss simple for noise levels ${name}, got ${loss.name}`)
}
