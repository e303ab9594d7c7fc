import { CascadeError } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'

/**
 * The examples of each training step. Permutations of 0 … n - 1, one for each epoch, are laid end to end and cut into batches: a batch may
 * span two epochs, and one larger than n has examples twice. The examples depend on n, the batch size, the key and the step alone, so a
 * resumed run needs only its step. The latest permutation is kept, which makes steps in order cheap.
 * @throws if n or the batch size is not an integer of at least 1, or the step not one of at least 0.
 */
export function shuffledIndices(n: number, batchSize: number, rng: Rng): (step: number) => Int32Array {
  for (const [what, value] of Object.entries({ n, batchSize }))
    if (!(Number.isInteger(value) && value >= 1))
      throw new CascadeError('input', `shuffledIndices: expected ${what} to be an integer of at least 1, got ${value}`)
  let latest: { epoch: number; order: Int32Array } = { epoch: -1, order: new Int32Array() }
  return (step) => {
    if (!(Number.isSafeInteger(step) && step >= 0))
      throw new CascadeError('input', `shuffledIndices: expected the step to be an integer of at least 0, got ${step}`)
    return Int32Array.from({ length: batchSize }, (_, i) => {
      const at = step * batchSize + i
      const epoch = Math.floor(at / n)
      if (epoch !== latest.epoch) latest = { epoch, order: rng.fold(epoch).permutation(n) }
      return latest.order[at % n]!
    })
  }
}
