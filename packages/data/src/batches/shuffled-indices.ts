import { CascadeError, checkInteger, shown } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'

/**
 * The examples of each training step. Permutations of 0 … n - 1, one for each epoch, are laid end to end and cut into batches: a batch may
 * span two epochs, and one larger than n has examples twice. The examples depend on n, the batch size, the key and the step alone, so a
 * resumed run needs only its step. The latest permutation is kept, which makes steps in order cheap.
 * @throws if n or the batch size is no integer from 1, the key is none, or the step is no integer from 0.
 */
export function shuffledIndices(n: number, batchSize: number, rng: Rng): (step: number) => Int32Array {
  for (const [what, value] of Object.entries({ n, batchSize }))
    checkInteger('shuffledIndices', what, value, { from: 1 })
  if (typeof rng?.fold !== 'function')
    throw new CascadeError('input', `shuffledIndices: expected rng, a key such as rng(0) gives, got ${shown(rng)}`)
  let latest: { epoch: number; order: Int32Array } = { epoch: -1, order: new Int32Array() }
  return (step) => {
    checkInteger('shuffledIndices', 'a step', step, { from: 0 })
    return Int32Array.from({ length: batchSize }, (_, i) => {
      const at = step * batchSize + i
      const epoch = Math.floor(at / n)
      if (epoch !== latest.epoch) latest = { epoch, order: rng.fold(epoch).permutation(n) }
      return latest.order[at % n]!
    })
  }
}
