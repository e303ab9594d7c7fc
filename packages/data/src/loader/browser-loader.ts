import type { LabelledBatch } from '../batches/image-batch.ts'
import type { ImageSource, LabelledSource } from '../sources/image-source.ts'
import { sourceReader } from './image-reader.ts'
import { type ImageLoader, loaderBy } from './loader-by.ts'
import type { ImageLoaderOptions } from './options.ts'

/** Batches ahead, at most. */
const most = 2

/** `imageLoader` without threads and without sources of files. @throws as that. */
export function imageLoader(source: LabelledSource, options: ImageLoaderOptions): ImageLoader<LabelledBatch>
export function imageLoader(source: ImageSource, options: ImageLoaderOptions): ImageLoader
export function imageLoader(source: ImageSource, options: ImageLoaderOptions): ImageLoader {
  return loaderBy((read) => ({ reader: sourceReader(read), most }), source, options)
}
