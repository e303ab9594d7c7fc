import { type ConfigOf, table } from '@cascade-diffusion/checks'
import { logNormal } from './log-normal.ts'
import { lossSecondMoment } from './loss-second-moment.ts'
import type { NoiseLevelSampler, NoiseLevelsContext } from './noise-level-sampler.ts'
import { piecewiseUniform } from './piecewise-uniform.ts'
import { uniform } from './uniform.ts'

/** The ways to draw noise levels, by name. */
export const noiseLevels = table('noise levels', [uniform, lossSecondMoment, piecewiseUniform, logNormal])

/** The distribution of noise levels in training, by its name: a JSON value. */
export type NoiseLevelsConfig = ConfigOf<typeof noiseLevels>

/**
 * The sampler of noise levels of a configuration.
 * @throws CascadeError 'input' that lists everything that is wrong with it; or if it does not fit the process or the
 * loss: all but `uniform` and `log-normal` need discrete steps, and the bound needs steps, not levels between them.
 */
export const noiseLevelsOf = (config: NoiseLevelsConfig, context: NoiseLevelsContext): NoiseLevelSampler =>
  noiseLevels.of(`${context.where}: noise levels`, config, context)
