import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOptions,
  checkSignal,
  type KnownKeys,
  shown,
  throwIfAborted,
} from '@cascade-diffusion/checks'
import type { DecodeOptions } from '../decode/decode-image.ts'
import { checkDecoding } from '../decode/decode-options.ts'
import { checkClassNames } from '../sources/check-source.ts'
import type { EncodedImage } from '../sources/encoded-images.ts'
import { type EncodedSource, encodedSource } from '../sources/encoded-source.ts'
import { labelColumn } from './columns.ts'
import { classNamesOf, type Labels, readLabels } from './labels.ts'
import { openParquet, type ParquetFile } from './parquet-file.ts'
import { parquetFiles } from './parquet-files.ts'
import { groupWith, rowGroups } from './row-groups.ts'

/** Options of {@link parquetImages}. */
export interface ParquetImagesOptions {
  /**
   * The column of the images: a struct of `bytes` and `path`, as Hugging Face writes it, or one of bytes. Default
   * 'image'.
   */
  readonly image?: string
  /**
   * The column of the labels: whole numbers or texts. `false`: the images are not labelled. Default 'label', if there
   * is such a column.
   */
  readonly label?: string | false
  /**
   * The classes. Default: those of a ClassLabel in Hugging Face's metadata; else the texts of the column in code-point
   * order, or the numbers from 0 to the largest one.
   */
  readonly classNames?: readonly string[]
  /** How the images are decoded. Default: upright, RGB. */
  readonly decoding?: DecodeOptions
  /** The most bytes of decompressed pages that are kept, for files whose images are compressed. Default 2^28. */
  readonly cacheBytes?: number
  /** Called for each file that was opened. */
  readonly progress?: (progress: { readonly done: number; readonly count: number }) => void
  readonly signal?: AbortSignal
}

/** A source of {@link parquetImages} with labels. */
export interface LabelledParquet extends EncodedSource {
  readonly classNames: readonly string[]
  readLabels(): Promise<Int32Array>
}

const knownKeys: KnownKeys<ParquetImagesOptions> = {
  image: true,
  label: true,
  classNames: true,
  decoding: true,
  cacheBytes: true,
  progress: true,
  signal: true,
}

const where = 'parquetImages'

/**
 * The images of Parquet files as a source, as Hugging Face `datasets` writes them. Several files are one set, in the
 * order of the list, or in code-point order of their names. Opening reads the footers and the labels. An image is one
 * read of its bytes, if its column is neither compressed nor a dictionary, which `datasets` leaves it; the first image
 * of a page costs a few small reads more. Of other columns the page is decoded.
 * @param paths a file, a folder of `.parquet` files, a pattern such as `data/train-*.parquet`, or a list of these.
 * @throws {CascadeError} of code `input` if an option is wrong, of code `file` if a file is missing, of code `data` if
 * one is damaged, has no such columns, or has paths in place of images, of code `interrupted` if the signal aborts.
 */
export function parquetImages(
  paths: string | readonly string[],
  options: ParquetImagesOptions & { readonly label: string },
): Promise<LabelledParquet>
export function parquetImages(paths: string | readonly string[], options?: ParquetImagesOptions): Promise<EncodedSource>
export async function parquetImages(
  paths: string | readonly string[],
  options: ParquetImagesOptions = {},
): Promise<EncodedSource> {
  checkOptions(where, options, knownKeys)
  const { image = 'image', label, decoding = {}, signal } = options
  const progress = checkFunction(where, 'progress', options.progress ?? (() => {}))
  if (signal !== undefined) checkSignal(where, signal)
  if (typeof image !== 'string')
    throw new CascadeError('input', `${where}: expected image, the name of a column, got ${shown(image)}`)
  if (label !== undefined && label !== false && typeof label !== 'string')
    throw new CascadeError('input', `${where}: expected label, the name of a column or false, got ${shown(label)}`)
  if (options.classNames !== undefined) checkClassNames(where, options.classNames)
  checkDecoding(where, decoding)
  const cacheBytes = checkInteger(where, 'cacheBytes', options.cacheBytes ?? 1 << 28, { from: 0 })

  const names = await parquetFiles(paths)
  const files: ParquetFile[] = []
  for (const path of names) {
    throwIfAborted(signal, where)
    files.push(await openParquet(path))
    progress({ done: files.length, count: names.length })
  }
  const groups = rowGroups(files, image, cacheBytes)
  const last = groups.at(-1)
  if (!last) throw new CascadeError('data', `${where}: expected rows in ${names.join(', ')}, got none`)
  const labels = await labelsOf(files, options)
  const locate = (index: number): Promise<EncodedImage> => {
    const group = groupWith(groups, index)
    return group.locate(index - group.firstRow)
  }
  return encodedSource({
    name: typeof paths === 'string' ? paths : `${names[0]}${names.length > 1 ? ` and ${names.length - 1} more` : ''}`,
    count: last.firstRow + last.rows,
    classNames: labels?.classNames,
    readLabels: labels && (async () => labels.labels),
    encoded: {
      decoding,
      locate: async (indices) => ({
        images: await Promise.all(indices.map(locate)),
        labels: labels && indices.map((i) => labels.labels[i] as number),
      }),
    },
  })
}

async function labelsOf(files: readonly ParquetFile[], options: ParquetImagesOptions): Promise<Labels | undefined> {
  const { label = 'label', classNames, signal } = options
  if (label === false || (options.label === undefined && !files.some(({ columns }) => columns.has(label)))) {
    if (classNames === undefined) return undefined
    throw new CascadeError('input', `${where}: expected a label with classNames, got a set without labels`)
  }
  for (const file of files) labelColumn(file, label)
  return readLabels(files, label, classNames ?? classNamesOf(files, label), () => throwIfAborted(signal, where))
}
