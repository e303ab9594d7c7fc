import { CascadeError } from '@cascade-diffusion/checks'
import type { BitsPerDim } from './bits-per-dim.ts'

/** The bound of a whole cascade, of each of n images. */
export interface CascadeElbo {
  /** In bits. */
  readonly bits: Float64Array
  /** In bits per dimension of the last stage's images. */
  readonly perDim: Float64Array
}

/**
 * The negative evidence lower bound of a cascade (Ho et al. 2021, equation 3): an upper bound of -log p(x0), of each of n
 * images. Each stage but the last stops at its step s and leaves z_s to the next one:
 *
 * L_T(z0) + Σ_{t>s} KL(q(z_{t-1} | z_t, z0) ‖ p(z_{t-1} | z_t)) + L(x0 | z_s), with z_s drawn from q(z_s | z0).
 *
 * It is a sum of one bound for each stage, so that stages train apart. A stage that goes all the way to the data (`stop` -1)
 * adds its own images' whole bound; the next may then see them corrupted in any way.
 * @param stages what `bitsPerDim` gives for each stage, from the lowest resolution up, of the same images at its resolution;
 * but for the first, with z_s of the stage before as its condition.
 * @throws if there are none, they are not of as many images, or the last stage does not go to the data.
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
