import { type ConfigOf, table } from '@cascade-diffusion/checks'
import { learnsVariance } from '@cascade-diffusion/diffusion'
import type { ExampleLoss, LossContext } from './example-loss.ts'
import { hybrid } from './hybrid-loss.ts'
import { kl } from './kl-loss.ts'
import { simple } from './simple-loss.ts'

/** The losses, by name. */
export const losses = table('a loss', [simple, hybrid, kl])

/** A loss by its name: a JSON value. */
export type LossConfig = ConfigOf<typeof losses>

/** The loss of a process unless another is chosen: `hybrid` if the variance is learned, else `simple`. */
export const defaultLoss = ({ process }: Pick<LossContext, 'process'>): LossConfig => ({
  name: learnsVariance(process) ? 'hybrid' : 'simple',
})

/**
 * The loss of a configuration.
 * @throws CascadeError 'input' that lists everything that is wrong with it; or if it does not fit the process: `kl` and
 * `hybrid` need discrete steps, `hybrid` a learned variance, and `simple` trains none.
 */
export const lossOf = (config: LossConfig, context: LossContext): ExampleLoss =>
  losses.of(`${context.where}: loss`, config, context)
