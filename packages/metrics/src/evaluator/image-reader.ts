import { isNDArray, type NDArray, rows } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { checkSource, type ImageSource, imageLoader } from '@cascade-diffusion/data'

/** Images in memory. */
export interface ImageArrays {
  /** [N, H, W, C], float32 in [-1, 1]. */
  readonly images: NDArray<'float32'>
  /** [N], int32 from 0. */
  readonly labels?: NDArray<'int32'>
}

/** Images to evaluate: arrays, or a source, which is read batch by batch, files by threads. */
export type EvaluatedImages = ImageArrays | ImageSource

/** How images are read in order, in batches, wherever they are. */
export interface ImageReader {
  readonly count: number
  /** The images of batch k, from 0. The last may be smaller. */
  batch(k: number): Promise<ImageArrays>
  /** Ends reading. */
  close(): Promise<void>
}

/** @throws if it is neither arrays that fit nor a source. */
export function imageReader(where: string, given: EvaluatedImages, batchSize: number): ImageReader {
  if (typeof given === 'object' && given !== null) {
    if ('read' in given) return ofSource(checkSource(where, given), batchSize)
    if (isNDArray(given.images) && 'dtype' in given.images) return ofArrays(where, given, batchSize)
  }
  throw new CascadeError('input', `${where}: expected { images, labels } or a source of images, got ${shown(given)}`)
}

function ofArrays(where: string, { images, labels }: ImageArrays, batchSize: number): ImageReader {
  const [count = 0] = images.shape
  if (images.shape.length !== 4 || count === 0)
    throw new CascadeError('input', `${where}: expected images of shape [N, H, W, C], got [${images.shape}]`)
  if (labels !== undefined && `${labels?.shape}` !== `${count}`)
    throw new CascadeError(
      'input',
      `${where}: expected ${count} labels, one for each image, got ${isNDArray(labels) ? `[${labels.shape}]` : shown(labels)}`,
    )
  return {
    count,
    async batch(k) {
      const [from, to] = [k * batchSize, Math.min(count, (k + 1) * batchSize)]
      return { images: rows(images, from, to), labels: labels && rows(labels, from, to) }
    },
    async close() {},
  }
}

function ofSource(source: ImageSource, batchSize: number): ImageReader {
  const loader = imageLoader(source, { batchSize, order: 'sequential' })
  return {
    count: source.count,
    async batch(k) {
      const { image, label } = await loader.batch(k)
      return { images: image, labels: label }
    },
    close: loader.close,
  }
}
