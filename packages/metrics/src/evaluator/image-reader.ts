import { isNDArray, type NDArray, rows } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { batch, type ImageDataset } from '@cascade-diffusion/data'

/** Images in memory. */
export interface ImageArrays {
  /** [N, H, W, C], float32 in [-1, 1]. */
  readonly images: NDArray<'float32'>
  /** [N], int32 from 0. */
  readonly labels?: NDArray<'int32'>
}

/** Images to evaluate: arrays, or a data set, which is read batch by batch. */
export type EvaluatedImages = ImageArrays | ImageDataset

/** How images are read, wherever they are. */
export interface ImageReader {
  readonly count: number
  /** The images from `from` to `to` (exclusive). */
  read(from: number, to: number): Promise<ImageArrays>
}

/** @throws if it is neither arrays that fit nor a data set. */
export function imageReader(where: string, given: EvaluatedImages): ImageReader {
  const images: unknown = given?.images
  if (isNDArray(images) && 'dtype' in images) return ofArrays(where, given as ImageArrays)
  if (typeof images === 'object' && images !== null && 'classNames' in given) return ofDataset(given)
  throw new CascadeError('input', `${where}: expected { images, labels } or a data set, got ${shown(given)}`)
}

function ofArrays(where: string, { images, labels }: ImageArrays): ImageReader {
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
    read: async (from, to) => ({ images: rows(images, from, to), labels: labels && rows(labels, from, to) }),
  }
}

const ofDataset = (dataset: ImageDataset): ImageReader => ({
  count: dataset.labels.length,
  async read(from, to) {
    const indices = Array.from({ length: to - from }, (_, i) => from + i)
    const { image, label } = batch(dataset, indices)
    return { images: image, labels: label }
  },
})
