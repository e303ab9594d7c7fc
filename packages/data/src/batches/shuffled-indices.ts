import { CascadeError, checkInteger, shown } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import { shuffledOrder } from './shuffled-order.ts'

/**
 * The examples of each training step. Random orders of 0 … n - 1, one for each epoch, are laid end to end and cut into batches: a batch
 * may span two epochs, and one larger than n has examples twice. The examples depend on n, the batch size, the key and the step alone, so
 * a resumed run needs only its step. No order is kept in memory, and any step takes the same time.
 * @throws if n or the batch size is no integer from 1, the key is none, or the step is no integer from 0.
 */
export function shuffledIndices(n: number, batchSize: number, rng: Rng): (step: number) => Float64Array {
  for (const [what, value] of Object.entries({ n, batchSize }))
    checkInteger('shuffledIndices', what, value, { from: 1 })
  if (typeof rng?.fold !== 'function')
    throw new CascadeError('input', `shuffledIndices: expected rng, a key such as rng(0) gives, got ${shown(rng)}`)
  const indexAt = shuffledEpochs(n, rng)
  return (step) => {
    checkInteger('shuffledIndices', 'a step', step, { from: 0 })
    return Float64Array.from({ length: batchSize }, (_, i) => indexAt(step * batchSize + i))
  }
}

/** The example at a place of all epochs laid end to end. */
export function shuffledEpochs(n: number, rng: Rng): (at: number) => number {
  let latest = { epoch: -1, indexAt: (place: number) => place }
  return (at) => {
    const epoch = Math.floor(at / n)
    if (epoch !== latest.epoch) latest = { epoch, indexAt: shuffledOrder(n, rng.fold(epoch)) }
    return latest.indexAt(at % n)
  }
}
