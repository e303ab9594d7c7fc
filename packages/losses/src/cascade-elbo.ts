import { CascadeError } from '@cascade-diffusion/checks'
import type { BitsPerDim } from './bits-per-dim.ts'

/** The bound of a whole cascade for each of n images. */
export interface CascadeElbo {
  /** In bits. */
  readonly bits: Float64Array
  /** In bits per dimension of the last stage's images. */
  readonly perDim: Float64Array
}

/**
 * The negative evidence lower bound of a cascade (Ho et al. 2021, equation 3): an upper bound of -log p(x0) for each of
 * n images. Each stage but the last stops at its step s and passes z_s to the next one:
 *
 * L_T(z0) + Σ_{t>s} KL(q(z_{t-1} | z_t, z0) ‖ p(z_{t-1} | z_t)) + L(x0 | z_s), with z_s drawn from q(z_s | z0).
 *
 * It is the sum of a bound for each stage, so stages are trained separately. A stage that goes all the way to the data
 * (`stop` -1) adds the whole bound of its own images. The next may then be conditioned on them corrupted in any way.
 * @param stages the results of `bitsPerDim` for each stage, from the lowest resolution up, on the same images at its
 * resolution. All but the first are conditioned on z_s of the stage before.
 * @throws if there are none, their numbers of images differ, or the last stage does not go to the data.
 */
export function cascadeElbo(stages: readonly BitsPerDim[]): CascadeElbo {
  const last = stages.at(-1)
  if (!last) throw new CascadeError('input', 'cascadeElbo: expected at least one stage, got none')
  if (last.stop !== -1)
    throw new CascadeError(
      'input',
      `cascadeElbo: expected a last stage that goes to the data, got one that stops at ${last.stop}`,
    )
  const bits = new Float64Array(last.total.length)
  for (const [i, { total, dimensions }] of stages.entries()) {
    if (total.length !== bits.length)
      throw new CascadeError('input', `cascadeElbo: expected ${bits.length} images in stage ${i}, got ${total.length}`)
    total.forEach((perDim, n) => {
      bits[n]! += perDim * dimensions
    })
  }
  return { bits, perDim: bits.map((total) => total / last.dimensions) }
}
