import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkSignal,
  type KnownKeys,
} from '@cascade-diffusion/checks'
import type { ImageSize } from '../images/image-size.ts'
import { checkSource } from '../sources/check-source.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { transformsOf } from '../transforms/transformed.ts'
import { type ShardFormat, shardFormats } from './manifest.ts'

/** Options of {@link prepareImages}. */
export interface PrepareOptions {
  /**
   * `npy` (the default): bytes [n, height, width, channels] and int64 labels, as NumPy's files. `tar`: PNG files and labels, as WebDataset's;
   * fewer bytes, but decoded again whenever it is read.
   */
  readonly format?: ShardFormat
  /** Images of the source in a shard. */
  readonly shardImages?: number
  /** Bytes of pixels in a shard, instead of `shardImages`. Default 128 MiB. Shards of `npy` are in memory while they are made. */
  readonly shardBytes?: number
  /** What an image does that cannot be read: end the work (the default), or be left out and listed in the manifest. */
  readonly unreadable?: 'fail' | 'skip'
  /** Threads that decode and transform encoded images; 0: this thread. The copy is the same. Default: one for each core, at most 4. */
  readonly workers?: number
  /** Called after every few images. */
  readonly progress?: (progress: { readonly done: number; readonly total: number }) => void
  /** Ends the work; the same call resumes it. */
  readonly signal?: AbortSignal
}

const prepareKeys: KnownKeys<PrepareOptions> = {
  format: true,
  shardImages: true,
  shardBytes: true,
  unreadable: true,
  workers: true,
  progress: true,
  signal: true,
}

/** Options that are checked against a source. */
export interface CheckedPrepare {
  readonly source: ImageSource
  readonly size: ImageSize | undefined
  readonly format: ShardFormat
  readonly shardImages: number
  readonly unreadable: 'fail' | 'skip'
}

/** @throws {CascadeError} of code `input` if an option is wrong or does not fit the source. */
export function checkPrepare(where: string, source: ImageSource, options: PrepareOptions): CheckedPrepare {
  checkOptions(where, options, prepareKeys)
  checkSource(where, source)
  const { format = 'npy', shardImages, shardBytes, unreadable = 'fail' } = options
  checkOneOf(where, 'format', format, shardFormats)
  checkOneOf(where, 'unreadable', unreadable, ['fail', 'skip'])
  if (options.workers !== undefined) checkInteger(where, 'workers', options.workers, { from: 0, to: 256 })
  if (options.progress !== undefined) checkFunction(where, 'progress', options.progress)
  if (options.signal !== undefined) checkSignal(where, options.signal)
  for (const { name, draw } of transformsOf(source))
    if (draw)
      throw new CascadeError(
        'input',
        `${where}: expected transforms that draw nothing, got '${name}': apply it to what is read of the copy`,
      )
  const { size } = source
  if (format === 'npy' && !size)
    throw new CascadeError(
      'input',
      `${where}: expected images of one size for the format npy; transforms make them one: ` +
        'transformed(source, resizeCrop({ size: 64 }))',
    )
  const imageBytes = size ? size[0] * size[1] * source.channels : 2 ** 17
  return { source, size, format, shardImages: imagesOf(imageBytes), unreadable }

  function imagesOf(imageBytes: number): number {
    if (shardImages !== undefined && shardBytes !== undefined)
      throw new CascadeError('input', `${where}: expected shardImages or shardBytes, got both`)
    if (shardBytes !== undefined && !size)
      throw new CascadeError('input', `${where}: expected shardImages, as the sizes of images differ, got shardBytes`)
    const bytes = checkInteger(where, 'shardBytes', shardBytes ?? 2 ** 27, { from: 1 })
    const images = checkInteger(where, 'shardImages', shardImages ?? Math.max(1, Math.floor(bytes / imageBytes)), {
      from: 1,
    })
    const made = Math.min(images, source.count) * imageBytes
    if (format === 'npy' && made > 2 ** 30)
      throw new CascadeError('input', `${where}: expected shards of at most 1 GiB for npy, got ${made} bytes`)
    return images
  }
}
