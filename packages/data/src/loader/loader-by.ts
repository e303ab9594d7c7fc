import { CascadeError, throwIfAborted } from '@cascade-diffusion/checks'
import type { ImageBatch } from '../batches/image-batch.ts'
import { stackedBatch } from '../batches/stacked-batch.ts'
import { checkSource } from '../sources/check-source.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { isTransformed } from '../transforms/transformed.ts'
import { batchOrder } from './batch-order.ts'
import type { ImageReader } from './image-reader.ts'
import { type LoadedBatch, loadBatch, type Skipping } from './load-batch.ts'
import { checkLoaderOptions, type ImageLoaderOptions } from './options.ts'
import { type SkippedImages, unreadableLog } from './unreadable.ts'

/** `await using` ends what has it. Programs whose TypeScript knows no such symbol see none. */
type Disposed = SymbolConstructor extends { readonly asyncDispose: infer S extends symbol }
  ? { readonly [K in S]: () => Promise<void> }
  : object

/** Batches of the images of a source. `imageLoader` makes it; `await using` closes it. */
export interface ImageLoader<B extends ImageBatch = ImageBatch> extends Disposed {
  /**
   * The batch of a step, from 0: a pure function of the step and the keys. Any step may be asked for; the following ones are loaded ahead.
   * @throws {CascadeError} as `readBatch`; of code `interrupted` if the signal aborts; if the loader is closed.
   */
  batch(step: number): Promise<B>
  /** The images that were skipped in the batches so far. */
  readonly unreadable: SkippedImages
  /** The bytes of images that are loaded ahead, or being loaded. */
  readonly prefetchedBytes: number
  /** Ends the threads. Batches that are awaited throw. When it is done, no file is open. */
  close(): Promise<void>
}

/** A batch that is being loaded. */
interface Begun {
  readonly batch: Promise<LoadedBatch>
  /** What it holds in memory. */
  bytes: number
}

/** What reads the images of a source, and how many batches it may read at once. */
export type ReaderOf = (
  source: ImageSource,
  workers?: number,
) => { readonly reader: ImageReader; readonly most: number }

/** A loader whose images `readerOf` reads. @throws as `imageLoader`. */
export function loaderBy(readerOf: ReaderOf, source: ImageSource, options: ImageLoaderOptions): ImageLoader {
  checkLoaderOptions(options)
  checkSource('imageLoader', source)
  const { batchSize, rng, rank = { index: 0, count: 1 }, signal, prefetchBytes = 2 ** 25 } = options
  const draws = options.draws ?? rng?.fold('draws')
  if (!draws) checkDrawsNothing(source)
  const { shareOf, lastStep } = batchOrder(source.count, { batchSize, rng, rank })
  const { reader, most } = readerOf(source, options.workers)
  const skipping = skippingOf(source, options)
  const log = unreadableLog(options.report)
  const ahead = new Map<number, Begun>()
  const waiting = new Set<(error: unknown) => void>()
  let next = 0
  let locating = 0
  /** The most that the encoded images of a batch have taken. */
  let encodedBytes = 0
  let closing: Promise<void> | undefined
  const bytesOf = (images: number) => images * reader.imageBytes + encodedBytes

  const begin = (step: number): Begun => {
    const share = shareOf(step)
    let isLocated = false
    const located = (bytes = 0) => {
      if (isLocated) return
      isLocated = true
      locating--
      encodedBytes = Math.max(encodedBytes, bytes)
      loading.bytes = share.indices.length * reader.imageBytes + bytes
      prefetch()
    }
    locating++
    const request = { ...share, step, rng: draws?.fold(step), located }
    // Later, when `loading` is there.
    const batch = Promise.resolve().then(() => loadBatch(reader, request, skipping))
    const loading: Begun = { batch, bytes: bytesOf(share.indices.length) }
    batch.then(
      () => prefetch(), // The size of images may be known only now.
      () => located(), // The batch may never be asked for. If it is, the error comes then.
    )
    return loading
  }
  const prefetchedBytes = () => [...ahead.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  const prefetch = () => {
    while (!closing && locating === 0 && reader.imageBytes > 0 && ahead.size < most && next <= lastStep) {
      if (prefetchedBytes() + bytesOf(batchSize / rank.count) > prefetchBytes) return
      ahead.set(next, begin(next))
      next++
    }
  }
  const discard = (step: number, { batch }: Begun) => {
    ahead.delete(step)
    batch.then(
      ({ release }) => release(),
      () => {},
    )
  }
  const take = (step: number): Begun => {
    const loading = ahead.get(step)
    // Steps are asked for in order, but for a run that begins anew.
    for (const [other, unused] of ahead) if (!loading || other < step) discard(other, unused)
    ahead.delete(step)
    if (loading) return loading
    const begun = begin(step)
    next = step + 1
    return begun
  }
  /** The promise, unless the loader is closed before. */
  const whileOpen = <T>(promise: Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      if (waiting.add(reject).size === 1) reader.awaited(true)
      promise.then(resolve, reject).finally(() => {
        if (waiting.delete(reject) && waiting.size === 0) reader.awaited(false)
      })
    })

  const close = () => {
    closing ??= (async () => {
      signal?.removeEventListener('abort', close)
      for (const reject of waiting) reject(closedError(signal))
      for (const [step, loading] of ahead) discard(step, loading)
      await reader.close()
    })()
    return closing
  }
  signal?.addEventListener('abort', close)
  return {
    async batch(step) {
      throwIfAborted(signal, 'imageLoader')
      if (closing) throw closedError(signal)
      const loading = take(step)
      prefetch()
      const { indices, images, labels, skipped, release } = await whileOpen(loading.batch)
      try {
        for (const image of skipped) log.add(image)
        return stackedBatch(source, indices, images, labels)
      } finally {
        release()
      }
    },
    get unreadable() {
      return log.get()
    },
    get prefetchedBytes() {
      return prefetchedBytes()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** @throws if a transform is random, as there is no key to draw from. */
function checkDrawsNothing(source: ImageSource): void {
  const random = isTransformed(source) ? source.transforms.find(({ draw }) => draw) : undefined
  if (random)
    throw new CascadeError('input', `imageLoader: expected draws, a key for the transform '${random.name}', got none`)
}

function skippingOf({ count }: ImageSource, { unreadable = 'fail', rng }: ImageLoaderOptions): Skipping {
  if (unreadable === 'fail') return { kind: 'fail' }
  return rng ? { kind: 'replace', count, rng } : { kind: 'leave-out' }
}

function closedError(signal: AbortSignal | undefined): CascadeError {
  if (signal?.aborted) return new CascadeError('interrupted', 'imageLoader: interrupted', { cause: signal.reason })
  return new CascadeError('input', 'imageLoader: expected a loader that is open, got one that was closed')
}
