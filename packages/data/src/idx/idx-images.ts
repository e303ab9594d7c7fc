import { CascadeError, checkFlag, checkInteger, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import { isChannels } from '../images/channels.ts'
import { checkClassNames } from '../sources/check-source.ts'
import { type ImageDataset, imageDataset, type LabelledDataset } from '../sources/image-dataset.ts'
import { readIdx } from './read-idx.ts'

/** Options of {@link idxImages}. */
export interface IdxOptions {
  /** The file of images: [n, height, width], or with 1 to 4 channels [n, height, width, channels]. Plain or compressed by gzip. */
  readonly images: string
  /** The file of labels: [n]. Default: the images are not labelled. */
  readonly labels?: string
  /** The classes. Default: the labels as texts, from `firstLabel` to the largest. */
  readonly classNames?: readonly string[]
  /** The label of the first class: 1 for the letters of EMNIST. Default 0. */
  readonly firstLabel?: number
  /** Whether rows and columns are exchanged, as in all files of EMNIST. Default false. */
  readonly transposed?: boolean
  /** What the images are, for errors and checkpoints. Default: the file of images. */
  readonly name?: string
}

/** {@link IdxOptions} with labels. */
export type LabelledIdxOptions = IdxOptions & { readonly labels: string }

const optionKeys: KnownKeys<IdxOptions> = {
  images: true,
  labels: true,
  classNames: true,
  firstLabel: true,
  transposed: true,
  name: true,
}

/**
 * The images of IDX files, the format of MNIST, Fashion-MNIST, KMNIST, QMNIST and EMNIST. All are in memory.
 * @throws {CascadeError} of code `input` if an option is wrong; of code `data` if a file is missing or damaged, or a label has no class.
 */
export function idxImages(options: LabelledIdxOptions): Promise<LabelledDataset>
export function idxImages(options: IdxOptions): Promise<ImageDataset>
export async function idxImages(options: IdxOptions): Promise<ImageDataset> {
  const where = 'idxImages'
  checkOptions(where, options, optionKeys)
  const { images: path, labels: labelPath, classNames, name = path } = options
  for (const [what, value] of Object.entries({
    images: path,
    labels: labelPath === undefined ? 'none' : labelPath,
    name,
  }))
    if (typeof value !== 'string' || value === '')
      throw new CascadeError('input', `${where}: expected ${what}, a text, got ${shown(value)}`)
  if (labelPath === undefined && classNames !== undefined)
    throw new CascadeError('input', `${where}: expected a file of labels for the classNames, got none`)
  if (classNames !== undefined) checkClassNames(where, classNames)
  const first = checkInteger(where, 'firstLabel', options.firstLabel ?? 0, { from: 0, to: 255 })
  const transposed = checkFlag(where, 'transposed', options.transposed ?? false)
  const images = imagesOf(await readIdx(path), path, transposed)
  if (labelPath === undefined) return imageDataset({ name, images })
  const { shape, data } = await readIdx(labelPath)
  if (shape.length !== 1) throw new CascadeError('data', `${labelPath}: expected labels [n], got [${shape}]`)
  if (data.length !== images.shape[0])
    throw new CascadeError(
      'data',
      `${name}: expected ${images.shape[0]} labels, one for each image, got ${data.length} in ${labelPath}`,
    )
  return imageDataset({ name, images, ...labelled(name, data, first, classNames) })
}

function imagesOf({ shape, data }: ByteImages, path: string, transposed: boolean): ByteImages {
  const [n = 0, height = 0, width = 0, channels = 1] = shape
  if ((shape.length !== 3 && shape.length !== 4) || !(n > 0 && height > 0 && width > 0) || !isChannels(channels))
    throw new CascadeError('data', `${path}: expected images [n, height, width], got [${shape}]`)
  if (!transposed) return { shape: [n, height, width, channels], data }
  const turned = new Uint8Array(data.length)
  for (let i = 0, from = 0; i < n; i++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++) turned[((i * width + x) * height + y) * channels + c] = data[from++]!
  return { shape: [n, width, height, channels], data: turned }
}

/** Labels from 0, and their classes. */
function labelled(name: string, data: Uint8Array, first: number, given: readonly string[] | undefined) {
  const [least, most] = data.reduce(([low, high], label) => [Math.min(low, label), Math.max(high, label)], [255, 0])
  const classNames = given ?? Array.from({ length: Math.max(most - first + 1, 1) }, (_, i) => `${first + i}`)
  const last = first + classNames.length - 1
  const wrong = data.findIndex((label) => label < first || label > last)
  const advice = least === first + 1 ? `: firstLabel: ${least} makes ${least} the label of the first class` : ''
  if (wrong >= 0)
    throw new CascadeError(
      'data',
      `${name}: expected labels from ${first} to ${last}, got ${data[wrong]} for image ${wrong}${advice}`,
    )
  if (given === undefined && advice)
    throw new CascadeError(
      'data',
      `${name}: expected labels from ${first}, got labels from ${least} to ${most}${advice}`,
    )
  return { labels: Int32Array.from(data, (label) => label - first), classNames }
}
