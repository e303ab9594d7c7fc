import { isNDArray, type NDArray, rows } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { checkSource, type ImageSource, readBatch } from '@cascade-diffusion/data'

/** Images in memory. */
export interface ImageArrays {
  /** [N, H, W, C], float32 in [-1, 1]. */
  readonly images: NDArray<'float32'>
  /** [N], int32 from 0. */
  readonly labels?: NDArray<'int32'>
}

/** Images to evaluate: arrays, or a source, which is read batch by batch. */
export type EvaluatedImages = ImageArrays | ImageSource

/** How images are read, wherever they are. */
export interface ImageReader {
  readonly count: number
  /** The images from `from` to `to` (exclusive). */
  read(from: number, to: number): Promise<ImageArrays>
}

/** @throws if it is neither arrays that fit nor a source. */
export function imageReader(where: string, given: EvaluatedImages): ImageReader {
  if (typeof given === 'object' && given !== null) {
    if ('read' in given) return ofSource(checkSource(where, given))
    if (isNDArray(given.images) && 'dtype' in given.images) return ofArrays(where, given)
  }
  throw new CascadeError('input', `${where}: expected { images, labels } or a source of images, got ${shown(given)}`)
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

const ofSource = (source: ImageSource): ImageReader => ({
  count: source.count,
  async read(from, to) {
    const indices = Array.from({ length: to - from }, (_, i) => from + i)
    const { image, label } = await readBatch(source, indices)
    return { images: image, labels: label }
  },
})
