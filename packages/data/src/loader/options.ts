import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkSignal,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import { checkRank, type Rank } from './batch-order.ts'
import type { SkippedImage } from './unreadable.ts'

/** How images are loaded. None of it changes the batches. */
export interface Loading {
  /**
   * Threads that read, decode and transform images, for sources of encoded images (`encoded`); others are read by the thread of the
   * program. 0: none. Default: one for each core, at most 4.
   */
  readonly workers?: number
  /** Bytes of images that are loaded ahead, at most. 0: none. Default 32 MiB. */
  readonly prefetchBytes?: number
  /**
   * What becomes of an image that cannot be read: its batch fails (`fail`), or another image takes its place (`skip`) and it is
   * reported. Images that come once, in order, are left out instead. Default `fail`.
   */
  readonly unreadable?: 'fail' | 'skip'
  /** Called for each image that is skipped, with its batch. Default: a warning of the process. */
  readonly report?: (image: SkippedImage) => void
}

/** The names of {@link Loading}. */
const loadingKeys: KnownKeys<Loading> = {
  workers: true,
  prefetchBytes: true,
  unreadable: true,
  report: true,
}

interface CommonOptions extends Loading {
  /** The images of a batch, of all ranks together. */
  readonly batchSize: number
  /** The key of what random transforms draw: that of step k is `draws.fold(k)`. Default `rng.fold('draws')`; in order, none. */
  readonly draws?: Rng
  /** The share of each batch that this process loads, of several that work together. Default: all of it. */
  readonly rank?: Rank
  /** Ends loading: batches that are awaited throw an error of code `interrupted`. */
  readonly signal?: AbortSignal
}

/** Options of `imageLoader` for training: every image once an epoch, in a new random order each time. */
export interface ShuffledOptions extends CommonOptions {
  readonly order?: 'shuffled'
  /** The key of the order. */
  readonly rng: Rng
}

/** Options of `imageLoader` for evaluation: every image once, in the order of the source. The last batch may be smaller. */
export interface SequentialOptions extends CommonOptions {
  readonly order: 'sequential'
  readonly rng?: undefined
}

/** Options of `imageLoader`. */
export type ImageLoaderOptions = ShuffledOptions | SequentialOptions

const loaderKeys: KnownKeys<
  Omit<ShuffledOptions, 'order' | 'rng'> & { readonly order?: unknown; readonly rng?: unknown }
> = {
  ...loadingKeys,
  batchSize: true,
  order: true,
  rng: true,
  draws: true,
  rank: true,
  signal: true,
}

/** @throws if an option of loading is wrong or unknown. */
export function checkLoading(where: string, loading: Loading): void {
  checkOptions(where, loading, loadingKeys)
  checkLoadingValues(where, loading)
}

function checkLoadingValues(where: string, { workers, prefetchBytes, unreadable, report }: Loading): void {
  if (workers !== undefined) checkInteger(where, 'workers', workers, { from: 0, to: 256 })
  if (prefetchBytes !== undefined) checkInteger(where, 'prefetchBytes', prefetchBytes, { from: 0 })
  if (unreadable !== undefined) checkOneOf(where, 'unreadable', unreadable, ['fail', 'skip'])
  if (report !== undefined) checkFunction(where, 'report', report)
}

/** @throws if an option is missing, unknown or wrong. */
export function checkLoaderOptions(options: ImageLoaderOptions): void {
  const where = 'imageLoader'
  checkOptions(where, options as ShuffledOptions, loaderKeys as KnownKeys<ShuffledOptions>)
  checkLoadingValues(where, options)
  const { batchSize, order = 'shuffled', rng, draws, rank, signal } = options
  checkInteger(where, 'batchSize', batchSize, { from: 1 })
  checkOneOf(where, 'order', order, ['shuffled', 'sequential'])
  if (order === 'shuffled') checkKey('rng', rng)
  else if (rng !== undefined)
    throw new CascadeError('input', `${where}: expected no rng for images in order, got ${shown(rng)}`)
  if (draws !== undefined) checkKey('draws', draws)
  if (rank !== undefined) checkRank(rank, batchSize, order === 'shuffled')
  if (signal !== undefined) checkSignal(where, signal)
}

function checkKey(what: string, key: Rng | undefined): void {
  if (typeof key?.fold !== 'function')
    throw new CascadeError('input', `imageLoader: expected ${what}, a key such as rng(0) gives, got ${shown(key)}`)
}
