import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkOneOf, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { isDiscrete, type NoiseLevelArrays, noiseLevelArrays } from '@cascade-diffusion/diffusion'
import type { Rng } from '@cascade-diffusion/random'
import {
  type LossHistory,
  logNormalSigmas,
  lossHistory,
  lossSecondMomentProbabilities,
  piecewiseUniformNoiseLevels,
  sampleTimesteps,
  uniformTimes,
  uniformTimesteps,
} from '@cascade-diffusion/schedules'
import type { Stage } from '../stage/stage.ts'
import type { LossConfig, NoiseLevelsConfig } from './training-objective.ts'

/** How noisy the images of a batch are. */
export interface DrawnLevels {
  /** The step of each image, or its noise level. */
  readonly t: NDArray<'int32'> | NoiseLevelArrays
  /** What makes up for steps drawn with unequal probabilities, float32 [N]. */
  readonly weights?: NDArray<'float32'>
}

/** A way to draw noise levels. */
export interface NoiseLevels {
  /** What it remembers before the first step; undefined if it remembers nothing. */
  readonly history: LossHistory | undefined
  draw(n: number, rng: Rng, history: LossHistory | undefined): DrawnLevels
}

/**
 * The way of that description.
 * @throws if it is unknown, or does not fit the stage or its loss: all but `uniform` and `log-normal` need discrete steps, and
 * the bound needs steps, not levels between them.
 */
export function noiseLevelsOf(
  config: NoiseLevelsConfig,
  stage: Pick<Stage, 'name' | 'process'>,
  loss: LossConfig,
): NoiseLevels {
  const { process } = stage
  const { schedule } = process
  const refuse = (expected: string): never => {
    throw new CascadeError('input', `stage '${stage.name}': expected ${expected}`)
  }
  const between = () => {
    if (process.noiseInput !== 'noise-level' && process.noiseInput !== 'log-snr')
      refuse(
        `a network that is told its noise-level or log-snr for noise levels ${config.name}, got ${process.noiseInput}`,
      )
    if (loss.name !== 'simple') refuse(`the loss simple for noise levels ${config.name}, got ${loss.name}`)
  }
  const forgetful = (draw: (n: number, rng: Rng) => DrawnLevels): NoiseLevels => ({ history: undefined, draw })
  const discrete = () => (isDiscrete(schedule) ? schedule : refuse(`discrete steps for noise levels ${config.name}`))

  checkKeys(stage.name, config)
  switch (config.name) {
    case 'uniform':
      return forgetful((n, rng) => ({
        t: isDiscrete(schedule)
          ? uniformTimesteps(n, schedule, rng)
          : noiseLevelArrays(process, uniformTimes(n, rng, { lowDiscrepancy: true })),
      }))
    case 'loss-second-moment': {
      const { length, uniformProbability } = config
      const moments = uniformProbability === undefined ? {} : { uniformProbability }
      const empty = lossHistory(discrete().betas.length, length === undefined ? {} : { length })
      lossSecondMomentProbabilities(empty, moments)
      return {
        history: empty,
        draw: (n, rng, history = empty) => sampleTimesteps(n, lossSecondMomentProbabilities(history, moments), rng),
      }
    }
    case 'piecewise-uniform': {
      const { uniformIn = 'alpha' } = config
      const steps = discrete()
      between()
      return forgetful((n, rng) => ({
        t: noiseLevelArrays(process, piecewiseUniformNoiseLevels(n, steps, rng, { uniformIn })),
      }))
    }
    case 'log-normal': {
      const { name, ...normal } = config
      between()
      return forgetful((n, rng) => {
        const sigmas = logNormalSigmas(n, rng, normal)
        const alpha = sigmas.map((sigma) => 1 / Math.hypot(1, sigma))
        return { t: noiseLevelArrays(process, { alpha, sigma: sigmas.map((sigma, i) => sigma * alpha[i]!) }) }
      })
    }
    default:
      return refuse(
        `noise levels of uniform, loss-second-moment, piecewise-uniform, log-normal; got '${(config as { name: unknown }).name}'`,
      )
  }
}

const levelKeys: Record<string, Readonly<Record<string, true>>> = {
  uniform: { name: true },
  'loss-second-moment': { name: true, length: true, uniformProbability: true },
  'piecewise-uniform': { name: true, uniformIn: true },
  'log-normal': { name: true, mean: true, std: true },
} satisfies { [N in NoiseLevelsConfig['name']]: KnownKeys<Extract<NoiseLevelsConfig, { name: N }>> }

/** @throws on options that these noise levels do not have; names that are unknown are told later. */
function checkKeys(name: string, config: NoiseLevelsConfig): void {
  if (typeof config !== 'object' || config === null)
    throw new CascadeError(
      'input',
      `stage '${name}': expected noise levels such as { name: 'uniform' }, got ${shown(config)}`,
    )
  const known = levelKeys[config.name]
  if (known) checkOptions<Record<string, unknown>>(`stage '${name}': noise levels ${config.name}`, { ...config }, known)
  if ('uniformIn' in config && config.uniformIn !== undefined)
    checkOneOf(`stage '${name}'`, 'uniformIn', config.uniformIn, ['alpha', 'alphaCumprod'])
}
