import { checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import { checkSource } from '../sources/check-source.ts'
import type { ImageSource, LabelledSource } from '../sources/image-source.ts'
import { type ImageBatch, type LabelledBatch, readBatch } from './read-batch.ts'
import { shuffledIndices } from './shuffled-indices.ts'

/** Options of {@link imageBatches}. */
export interface ImageBatchesOptions {
  readonly batchSize: number
  /** The key of the order of the images. */
  readonly rng: Rng
}

/** The batch of a step, from 0. `rng` is the key of what is drawn for it: random transforms need one. */
export type Batches<B extends ImageBatch> = (step: number, rng?: Rng) => Promise<B>

const batchesKeys: KnownKeys<ImageBatchesOptions> = { batchSize: true, rng: true }

/**
 * Batches for training: every image once an epoch, in the order of {@link shuffledIndices}. A batch is a pure function of its step and
 * key, so a resumed run needs only its step.
 * @throws if an option is missing, unknown or wrong; a batch throws as {@link readBatch}.
 */
export function imageBatches(source: LabelledSource, options: ImageBatchesOptions): Batches<LabelledBatch>
export function imageBatches(source: ImageSource, options: ImageBatchesOptions): Batches<ImageBatch>
export function imageBatches(source: ImageSource, options: ImageBatchesOptions): Batches<ImageBatch> {
  checkOptions('imageBatches', options, batchesKeys)
  checkSource('imageBatches', source)
  const { batchSize, rng: order } = options
  const indicesOf = shuffledIndices(source.count, batchSize, order)
  return async (step, rng) => readBatch(source, indicesOf(step), { rng })
}
