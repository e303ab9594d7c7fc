import { type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
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

/** What {@link imageDataset} makes a data set of. */
export interface ImageDatasetOptions extends Omit<ImageDataset, 'labels'> {
  /** The class of each image: an index into `classNames`, or one of them. */
  readonly labels: ArrayLike<number> | readonly string[]
}

const datasetKeys: KnownKeys<ImageDatasetOptions> = { name: true, images: true, labels: true, classNames: true }

/**
 * A data set of images you have.
 * @throws if an option is missing or unknown; if the images are not bytes, square, grey or RGB, and as many as their shape says,
 * which is at least one; if there is not one label for each; if a label names no class; or if a class name comes twice.
 */
export function imageDataset(dataset: ImageDatasetOptions): ImageDataset {
  checkOptions('imageDataset', dataset, datasetKeys)
  const { name, classNames } = dataset
  if (typeof name !== 'string')
    throw new CascadeError('input', `imageDataset: expected a name, a text, got ${shown(name)}`)
  const images = checkedImages(name, dataset.images)
  if (!Array.isArray(classNames) || classNames.length === 0 || !classNames.every((x) => typeof x === 'string'))
    throw new CascadeError(
      'input',
      `${name}: expected classNames, a list of at least one text, got ${shown(classNames)}`,
    )
  const twice = classNames.find((className, i) => classNames.indexOf(className) < i)
  if (twice !== undefined)
    throw new CascadeError('input', `${name}: expected different class names, got '${twice}' twice`)
  return { name, images, labels: checkedLabels(name, images.shape[0]!, dataset.labels, classNames), classNames }
}

function checkedImages(name: string, images: ByteImages): ByteImages {
  const { shape, data } = (images ?? {}) as Partial<ByteImages>
  if (!Array.isArray(shape) || data === undefined)
    throw new CascadeError(
      'input',
      `${name}: expected images { shape: [n, size, size, 1 or 3], data: bytes }, got ${shown(images)}`,
    )
  const [n = 0, height, width, channels] = shape as readonly number[]
  if (shape.length !== 4 || height !== width || (channels !== 1 && channels !== 3))
    throw new CascadeError('input', `${name}: wrong image size: expected [n, size, size, 1 or 3], got [${shape}]`)
  if (!(n > 0)) throw new CascadeError('input', `${name}: expected at least one image, got [${shape}]`)
  const clamped: unknown = data
  if (!(data instanceof Uint8Array || clamped instanceof Uint8ClampedArray))
    throw new CascadeError(
      'input',
      `${name}: expected images in bytes, a Uint8Array of 0 to 255, got ${shown(data)}; toUint8 makes them of values from -1 to 1`,
    )
  if (data.length !== sizeOf(shape))
    throw new CascadeError(
      'input',
      `${name}: wrong image size: [${shape}] takes ${sizeOf(shape)} bytes, got ${data.length}`,
    )
  return data instanceof Uint8Array ? images : { shape, data: bytesOf(clamped as Uint8ClampedArray) }
}

const bytesOf = ({ buffer, byteOffset, length }: Uint8ClampedArray) => new Uint8Array(buffer, byteOffset, length)

function checkedLabels(
  name: string,
  n: number,
  labels: ImageDatasetOptions['labels'],
  classNames: readonly string[],
): Int32Array {
  if (!Array.isArray(labels) && !ArrayBuffer.isView(labels))
    throw new CascadeError(
      'input',
      `${name}: expected labels, a list of indices into classNames or of names, got ${shown(labels)}`,
    )
  if (labels.length !== n)
    throw new CascadeError('input', `${name}: expected ${n} labels, one for each image, got ${labels.length}`)
  const index = new Map(classNames.map((className, i) => [className, i]))
  const checked = Int32Array.from(labels as ArrayLike<unknown>, (label, i) => {
    const at = typeof label === 'string' ? index.get(label) : (label as number)
    if (Number.isInteger(at) && at! >= 0 && at! < classNames.length) return at!
    throw new CascadeError(
      'input',
      typeof label === 'string'
        ? `${name}: expected labels of ${classNames.join(', ')}, got ${shown(label)} for image ${i}`
        : `${name}: expected labels from 0 to ${classNames.length - 1}, got ${shown(label)} for image ${i}`,
    )
  })
  return labels instanceof Int32Array ? labels : checked
}

/**
 * The images and labels at the given indices, in their order.
 * @throws on an index outside the data set, and on a label that is none of its classes: the record may have been made by hand.
 */
export function batch({ name, images, labels, classNames }: ImageDataset, indices: ArrayLike<number>): ImageBatch {
  const [n = 0, ...imageShape] = images.shape
  const size = sizeOf(imageShape)
  const image = new Float32Array(indices.length * size)
  const label = new Int32Array(indices.length)
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!
    if (!(Number.isInteger(index) && index >= 0 && index < n))
      throw new CascadeError('input', `batch: expected indices from 0 to ${n - 1} of ${name}, got ${index}`)
    for (let j = 0; j < size; j++) image[i * size + j] = images.data[index * size + j]! / 127.5 - 1
    const of = labels[index]!
    if (!(of >= 0 && of < classNames.length))
      throw new CascadeError(
        'input',
        `batch: expected labels from 0 to ${classNames.length - 1} of ${name}, got ${of} for image ${index}`,
      )
    label[i] = of
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
  throw new CascadeError(
    'input',
    `unknown class label ${nameOrIndex}: expected ${classNames.join(', ')}, or an index from 0 to ${classNames.length - 1}`,
  )
}
