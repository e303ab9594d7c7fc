import type { LabelledBatch } from '../batches/image-batch.ts'
import type { ImageSource, LabelledSource } from '../sources/image-source.ts'
import { type ImageLoader, loaderBy } from './loader-by.ts'
import type { ImageLoaderOptions } from './options.ts'
import { readerOf } from './reader-of.ts'

/**
 * Loads batches of a source for training or evaluation, ahead of their use. Sources of encoded images are decoded and transformed by
 * worker threads; others are read by the thread of the program. A batch is a pure function of the step and the keys: numbers of threads,
 * of ranks and of bytes loaded ahead do not change an example, and a resumed run needs only its step.
 * @throws if an option is missing, unknown or wrong.
 */
export function imageLoader(source: LabelledSource, options: ImageLoaderOptions): ImageLoader<LabelledBatch>
export function imageLoader(source: ImageSource, options: ImageLoaderOptions): ImageLoader
export function imageLoader(source: ImageSource, options: ImageLoaderOptions): ImageLoader {
  return loaderBy(readerOf, source, options)
}
