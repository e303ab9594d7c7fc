import { readFile, stat } from 'node:fs/promises'
import { type NumpyArray, numpyArrays, parseNpy, type RawArray, readNpz } from '@cascade-diffusion/checkpoints'
import {
  CascadeError,
  checkOneOf,
  checkOptions,
  isCascadeError,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import { withFile } from '../reading/file-bytes.ts'
import { once } from '../reading/once.ts'
import { checkClassNames } from '../sources/check-source.ts'
import type { ImageSource, ReadImages } from '../sources/image-source.ts'
import { arrayLabels } from './array-labels.ts'
import { type ImageLayout, layoutOf } from './layout.ts'

/** Options of {@link npzImages}. */
export interface NpzImagesOptions {
  /** The array of the images. Default 'arr_0', as `numpy.savez(path, images)` names it. A `.npy` file has only one. */
  readonly images?: string
  /**
   * The array of the labels, whole numbers; for a `.npy` file, the path of another one. `false`: the images are not
   * labelled. Default 'arr_1', if there is such an array.
   */
  readonly labels?: string | false
  /** The classes. Default: the numbers from 0 to the largest label. */
  readonly classNames?: readonly string[]
  /**
   * The order of the axes of the images: [n, height, width, channels], or [n, channels, height, width]. Default 'NHWC'.
   */
  readonly layout?: 'NHWC' | 'NCHW'
}

const knownKeys: KnownKeys<NpzImagesOptions> = { images: true, labels: true, classNames: true, layout: true }

const where = 'npzImages'

/** The most bytes of images that are kept in memory, because they are compressed. */
const maxMemoryBytes = 2 ** 32

/** A source of images of one size in a file of NumPy. {@link npzImages} makes it. */
export interface NpzImages extends ImageSource {
  readonly size: readonly [height: number, width: number]
}

/** {@link NpzImages} with labels. */
export interface LabelledNpz extends NpzImages {
  readonly classNames: readonly string[]
  readLabels(): Promise<Int32Array>
}

/**
 * The images of a NumPy file as a source: `.npz` or `.npy`, bytes of [n, height, width, channels], or [n, height,
 * width] in grey. These are the samples of ADM (`arr_0` and `arr_1`) and of `writeSamples`. Each image is one read of
 * its bytes from the file, whose checksum is not verified. Arrays that are compressed (`numpy.savez_compressed`) or
 * column-major are read into memory when the first image is, up to 4 GiB.
 * @throws {CascadeError} of code `input` if an option is wrong, of code `data` if the file is damaged, has no such
 * arrays, or they are of another type or shape.
 */
export function npzImages(path: string, options: NpzImagesOptions & { readonly labels: string }): Promise<LabelledNpz>
export function npzImages(path: string, options?: NpzImagesOptions): Promise<NpzImages>
export async function npzImages(path: string, options: NpzImagesOptions = {}): Promise<NpzImages> {
  checkOptions(where, options, knownKeys)
  if (typeof path !== 'string' || path === '')
    throw new CascadeError('input', `${where}: expected the path of a file, got ${shown(path)}`)
  const { classNames, labels } = options
  if (options.images !== undefined && typeof options.images !== 'string')
    throw new CascadeError('input', `${where}: expected images, the name of an array, got ${shown(options.images)}`)
  if (classNames !== undefined) checkClassNames(where, classNames)
  if (labels !== undefined && labels !== false && typeof labels !== 'string')
    throw new CascadeError('input', `${where}: expected labels, the name of an array or false, got ${shown(labels)}`)
  const layout = checkOneOf(where, 'a layout', options.layout ?? 'NHWC', ['NHWC', 'NCHW'])

  await expectFile(path)
  const arrays = await inData(() => numpyArrays(path))
  const isSingle = arrays.has('')
  const name = isSingle ? '' : (options.images ?? 'arr_0')
  const array = arrays.get(name)
  const what = isSingle ? path : `${path}: array '${name}'`
  if (!array)
    throw new CascadeError(
      'data',
      `${path}: expected an array '${name}' of images, got ${listed(arrays)}; the option images names another`,
    )
  const images = layoutOf(what, array, layout)
  const labelled = await labelsOf(path, arrays, images.count, options)
  const read = imageReader(path, name, array, images)
  return {
    name: path,
    count: images.count,
    channels: images.channels,
    size: images.size,
    classNames: labelled?.classNames,
    readLabels: labelled && (async () => labelled.labels),
    read: async (indices): Promise<ReadImages> => ({
      images: await read(indices),
      labels: labelled && indices.map((i) => labelled.labels[i] as number),
    }),
  }
}

/** Reads images by their indices: from the file, or from memory if they are not there as they are. */
function imageReader(path: string, name: string, array: NumpyArray, images: ImageLayout) {
  const { position } = array
  const { imageBytes, count, toImage } = images
  if (position !== undefined && !array.columnMajor)
    return (indices: readonly number[]): Promise<ByteImages[]> =>
      withFile(path, (read) =>
        Promise.all(indices.map(async (i) => toImage(await read(position + i * imageBytes, imageBytes)))),
      )
  if (count * imageBytes > maxMemoryBytes)
    throw new CascadeError(
      'unsupported',
      `${path}: expected at most ${maxMemoryBytes} bytes of ${array.columnMajor ? 'column-major' : 'compressed'} ` +
        `images, got ${count * imageBytes}: save them by np.savez, as np.ascontiguousarray(images)`,
    )
  const whole = once(async () => bytesOf(await readArray(path, name)))
  return async (indices: readonly number[]): Promise<ByteImages[]> => {
    const data = await whole()
    return indices.map((i) => toImage(data.subarray(i * imageBytes, (i + 1) * imageBytes)))
  }
}

const bytesOf = ({ data }: RawArray): Uint8Array => data as Uint8Array

/** An array as a whole. @param name '' for that of a `.npy` file. */
const readArray = (path: string, name: string): Promise<RawArray> =>
  inData(async () => {
    if (name === '') {
      await expectFile(path)
      return parseNpy(await readFile(path))
    }
    const { [name]: array } = await readNpz(path, (other) => other === name)
    return array as RawArray
  })

async function labelsOf(
  path: string,
  arrays: ReadonlyMap<string, NumpyArray>,
  count: number,
  { labels, classNames }: NpzImagesOptions,
) {
  const isSingle = arrays.has('')
  const isAbsent = labels === undefined && (isSingle || !arrays.has('arr_1'))
  if (labels === false || isAbsent) {
    if (classNames === undefined) return undefined
    throw new CascadeError('input', `${where}: expected labels with classNames, got a file without labels`)
  }
  const name = labels ?? 'arr_1'
  if (!isSingle && !arrays.has(name))
    throw new CascadeError(
      'data',
      `${path}: expected an array '${name}' of labels, got ${listed(arrays)}; the option labels names another`,
    )
  const array = isSingle ? await readArray(name, '') : await readArray(path, name)
  return arrayLabels(isSingle ? name : `${path}: array '${name}'`, array, count, classNames)
}

/** Arrays that an error lists. */
const listedArrays = 10

function listed(arrays: ReadonlyMap<string, NumpyArray>): string {
  const all = [...arrays].map(([name, { type, shape }]) => `'${name}' (${type} [${shape}])`)
  const more = all.length > listedArrays ? `, ${all.length - listedArrays} more` : ''
  return all.length === 0 ? 'no arrays of numbers' : all.slice(0, listedArrays).join(', ') + more
}

async function expectFile(path: string): Promise<void> {
  await stat(path).catch((cause) => {
    throw new CascadeError('file', `${where}: expected a file ${path}: ${cause.message}`, { cause })
  })
}

/** Errors of the readers of weights are errors in data here. */
async function inData<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (isCascadeError(cause) && cause.code !== 'checkpoint') throw cause
    const { message, syscall } = cause as NodeJS.ErrnoException
    if (syscall !== undefined) throw new CascadeError('file', `${where}: could not read: ${message}`, { cause })
    throw new CascadeError('data', message, { cause })
  }
}
