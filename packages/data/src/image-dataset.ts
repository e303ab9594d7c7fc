import { type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import type { ByteImages } from './byte-images.ts'

/** Square images of one size with a class each, all in memory. Make it with {@link imageDataset}, which checks it. */
export interface ImageDataset {
  /** What the images are, for people. */
  readonly name: string
  /** [n, size, size, channels], with 1 (grey) or 3 (RGB) channels. */
  readonly images: ByteImages
  /** The class of each image: an index into `classNames`. */
  readonly labels: Int32Array
  readonly classNames: readonly string[]
}

/** Images and labels as training takes them. */
export interface ImageBatch {
  /** [n, size, size, channels] in [-1, 1]: byte / 127.5 - 1. */
  readonly image: NDArray<'float32'>
  /** [n]. */
  readonly label: NDArray<'int32'>
}

/**
 * A data set of images you have.
 * @throws if the images are not square, grey or RGB, and as many as their shape says; if there is not one label for
 * each; if a label names no class; or if a class name comes twice.
 */
export function imageDataset(dataset: ImageDataset): ImageDataset {
  const { name, images, labels, classNames } = dataset
  const [n = 0, height, width, channels] = images.shape
  if (images.shape.length !== 4 || height !== width || (channels !== 1 && channels !== 3))
    throw new Error(`${name}: wrong image size: expected [n, size, size, 1 or 3], got [${images.shape}]`)
  if (images.data.length !== sizeOf(images.shape))
    throw new Error(
      `${name}: wrong image size: [${images.shape}] takes ${sizeOf(images.shape)} bytes, got ${images.data.length}`,
    )
  if (labels.length !== n) throw new Error(`${name}: expected ${n} labels, one for each image, got ${labels.length}`)
  const bad = labels.findIndex((label) => label < 0 || label >= classNames.length)
  if (bad >= 0)
    throw new Error(`${name}: expected labels from 0 to ${classNames.length - 1}, got ${labels[bad]} for image ${bad}`)
  const twice = classNames.find((className, i) => classNames.indexOf(className) < i)
  if (twice !== undefined) throw new Error(`${name}: expected different class names, got '${twice}' twice`)
  return dataset
}

/** The images and labels at the given indices, in their order. @throws on an index outside the data set. */
export function batch({ name, images, labels }: ImageDataset, indices: ArrayLike<number>): ImageBatch {
  const [n = 0, ...imageShape] = images.shape
  const size = sizeOf(imageShape)
  const image = new Float32Array(indices.length * size)
  const label = new Int32Array(indices.length)
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!
    if (!(Number.isInteger(index) && index >= 0 && index < n))
      throw new Error(`batch: expected indices from 0 to ${n - 1} of ${name}, got ${index}`)
    for (let j = 0; j < size; j++) image[i * size + j] = images.data[index * size + j]! / 127.5 - 1
    label[i] = labels[index]!
  }
  return { image: ndarray(image, [indices.length, ...imageShape]), label: ndarray(label, [indices.length]) }
}

/**
 * The index of a class given by name or by index, of a data set or of anything else that names its classes.
 * @throws an "unknown class label" error that lists the names.
 */
export function classIndex({ classNames }: Pick<ImageDataset, 'classNames'>, nameOrIndex: string | number): number {
  const index = typeof nameOrIndex === 'number' ? nameOrIndex : classNames.indexOf(nameOrIndex)
  if (Number.isInteger(index) && index >= 0 && index < classNames.length) return index
  throw new Error(
    `unknown class label ${nameOrIndex}: expected ${classNames.join(', ')}, or an index from 0 to ${classNames.length - 1}`,
  )
}
