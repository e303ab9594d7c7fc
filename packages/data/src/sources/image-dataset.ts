import { sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import { isChannels } from '../images/channels.ts'
import type { ImageSize } from '../images/image-size.ts'
import { checkClassNames } from './check-source.ts'
import type { ImageSource, ReadImages } from './image-source.ts'

/** A source of images of one size that are all in memory. {@link imageDataset} makes it. */
export interface ImageDataset extends ImageSource {
  /** [n, height, width, channels], of 1 to 4 channels: grey, grey and alpha, RGB or RGBA. */
  readonly images: ByteImages
  readonly size: ImageSize
  /** The class of each image, if they are labelled: an index into `classNames`. */
  readonly labels?: Int32Array
}

/** An {@link ImageDataset} whose images are labelled. */
export interface LabelledDataset extends ImageDataset {
  readonly classNames: readonly string[]
  readonly labels: Int32Array
}

/** What {@link imageDataset} makes a source of. */
export interface ImageDatasetOptions {
  /** What the images are. */
  readonly name: string
  /** [n, height, width, 1 to 4], bytes from 0 to 255. They are not copied. */
  readonly images: ByteImages
  /** The class of each image: an index into `classNames`, or one of them. Default: the images are not labelled. */
  readonly labels?: ArrayLike<number> | readonly string[]
  /** The classes, if there are labels. */
  readonly classNames?: readonly string[]
}

/** {@link ImageDatasetOptions} with labels. */
export interface LabelledDatasetOptions extends ImageDatasetOptions {
  readonly labels: ArrayLike<number> | readonly string[]
  readonly classNames: readonly string[]
}

const datasetKeys: KnownKeys<ImageDatasetOptions> = { name: true, images: true, labels: true, classNames: true }

/**
 * The source of images in memory, with a label each or without labels.
 * @throws if an option is missing or unknown; if the images are not bytes, of 1 to 4 channels, at least one, and as many bytes as their
 * shape says; if there are labels without class names, or not one for each image; if a label names no class, or a class comes twice.
 */
export function imageDataset(options: LabelledDatasetOptions): LabelledDataset
export function imageDataset(options: ImageDatasetOptions): ImageDataset
export function imageDataset(options: ImageDatasetOptions): ImageDataset {
  checkOptions('imageDataset', options, datasetKeys)
  const { name, classNames } = options
  if (typeof name !== 'string')
    throw new CascadeError('input', `imageDataset: expected a name, a text, got ${shown(name)}`)
  const images = checkedImages(name, options.images)
  const [count, height, width, channels] = images.shape as [number, number, number, number]
  const labelled = classNames !== undefined || options.labels !== undefined
  const labels = labelled ? checkedLabels(name, count, options.labels, classNames) : undefined
  const pixels = height * width * channels
  return {
    name,
    count,
    channels,
    size: [height, width],
    classNames,
    images,
    labels,
    readLabels: labels ? async () => labels : undefined,
    async read(indices): Promise<ReadImages> {
      return {
        images: indices.map((i) => ({
          shape: [height, width, channels],
          data: images.data.subarray(i * pixels, (i + 1) * pixels),
        })),
        labels: labels && indices.map((i) => labels[i]!),
      }
    },
  }
}

function checkedImages(name: string, images: ByteImages): ByteImages {
  const { shape, data } = (images ?? {}) as Partial<ByteImages>
  if (!Array.isArray(shape) || data === undefined)
    throw new CascadeError(
      'input',
      `${name}: expected images { shape: [n, height, width, 1 to 4], data: bytes }, got ${shown(images)}`,
    )
  const [n = 0, height, width, channels] = shape as readonly number[]
  if (shape.length !== 4 || !(height! > 0 && width! > 0) || !isChannels(channels))
    throw new CascadeError('input', `${name}: wrong image size: expected [n, height, width, 1 to 4], got [${shape}]`)
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
  classNames: readonly string[] | undefined,
): Int32Array {
  checkClassNames(name, classNames as readonly string[])
  const names = classNames as readonly string[]
  if (labels === undefined || (!Array.isArray(labels) && !ArrayBuffer.isView(labels)))
    throw new CascadeError(
      'input',
      `${name}: expected labels, a list of indices into classNames or of names, got ${shown(labels)}`,
    )
  if (labels.length !== n)
    throw new CascadeError('input', `${name}: expected ${n} labels, one for each image, got ${labels.length}`)
  const index = new Map(names.map((className, i) => [className, i]))
  const checked = Int32Array.from(labels as ArrayLike<unknown>, (label, i) => {
    const at = typeof label === 'string' ? index.get(label) : (label as number)
    if (Number.isInteger(at) && at! >= 0 && at! < names.length) return at!
    const expected = typeof label === 'string' ? `of ${names.join(', ')}` : `from 0 to ${names.length - 1}`
    throw new CascadeError('input', `${name}: expected labels ${expected}, got ${shown(label)} for image ${i}`)
  })
  return labels instanceof Int32Array ? labels : checked
}
