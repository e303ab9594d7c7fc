import { CascadeError, checkInteger, checkOptions, shown } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import { shuffledEpochs } from '../batches/shuffled-indices.ts'

/** The images of a batch that one process loads. */
export interface BatchShare {
  readonly indices: readonly number[]
  /** The place of the first of them in the whole batch. */
  readonly firstIndex: number
  /** The place of the first of them in the run: of all batches laid end to end. */
  readonly firstPlace: number
}

/** One of several processes that share each batch. */
export interface Rank {
  /** From 0. */
  readonly index: number
  readonly count: number
}

/** In which order images come, how many are a batch, and whose share of it is loaded. */
export interface BatchOrderOptions {
  readonly batchSize: number
  /** The key of a random order, new in each epoch. Without it images come once, in the order of the source. */
  readonly rng?: Rng
  readonly rank: Rank
}

/** The images of each batch. */
export interface BatchOrder {
  readonly lastStep: number
  /** @throws if a step is no integer from 0, or past the last. */
  shareOf(step: number): BatchShare
}

/**
 * The share of a rank in the batch of each step. Shares of a batch are contiguous, and all of one size if images are shuffled.
 */
export function batchOrder(count: number, { batchSize, rng, rank }: BatchOrderOptions): BatchOrder {
  const indexAt = rng ? shuffledEpochs(count, rng) : (place: number) => place
  const lastStep = Math.floor(rng ? Number.MAX_SAFE_INTEGER / batchSize - 1 : (count - 1) / batchSize)
  const shareOf = (step: number): BatchShare => {
    checkInteger('imageLoader', 'a step', step, { from: 0 })
    if (step > lastStep)
      throw new CascadeError(
        'input',
        `imageLoader: expected a step before the last image, from 0 to ${lastStep}, got ${step}`,
      )
    const size = rng ? batchSize : Math.min(batchSize, count - step * batchSize)
    const firstIndex = Math.floor((size * rank.index) / rank.count)
    const end = Math.floor((size * (rank.index + 1)) / rank.count)
    const firstPlace = step * batchSize + firstIndex
    const indices = Array.from({ length: end - firstIndex }, (_, i) => indexAt(firstPlace + i))
    return { indices, firstIndex, firstPlace }
  }
  return { lastStep, shareOf }
}

/** @throws unless it is one of its number of processes, which divides a shuffled batch into equal shares. */
export function checkRank(rank: Rank, batchSize: number, shuffled: boolean): Rank {
  if (typeof rank !== 'object' || rank === null)
    throw new CascadeError('input', `imageLoader: expected rank, { index, count }, got ${shown(rank)}`)
  checkOptions('imageLoader: rank', rank, { index: true, count: true })
  const count = checkInteger('imageLoader', 'rank.count', rank.count, { from: 1 })
  checkInteger('imageLoader', 'rank.index', rank.index, { from: 0, to: count - 1 })
  if (shuffled && batchSize % count !== 0)
    throw new CascadeError(
      'input',
      `imageLoader: expected a batchSize that the number of ranks divides, got ${batchSize} for ${count}`,
    )
  return rank
}
