import { resolve } from 'node:path'
import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkSignal,
  shown,
} from '@cascade-diffusion/checks'
import type { DecodeOptions } from '../decode/decode-image.ts'
import { checkDecoding } from '../decode/decode-options.ts'
import { imageExtensions } from '../folder/image-folder.ts'
import { filesOf } from '../reading/files-of.ts'
import { checkClassNames } from '../sources/check-source.ts'
import type { FileRange } from '../sources/encoded-images.ts'
import { type EncodedSource, encodedSource } from '../sources/encoded-source.ts'
import { readIndexFile, type TarIndex, writeIndexFile } from './index-file.ts'
import type { IndexedShard, SkippedSamples } from './index-shard.ts'
import { indexShards, type TarShardsProgress } from './index-shards.ts'
import { labelReader } from './shard-labels.ts'
import { sampleName } from './shard-samples.ts'

/** Options of {@link tarShards}. */
export interface TarShardsOptions {
  /**
   * The extensions of images, in lower case. A sample with several has the one that comes first here. Default: those of `imageFolder`,
   * from jpg to gif.
   */
  readonly image?: readonly string[]
  /** The extension of labels: 'cls' or 'txt', a number or a name as text, or 'json'. Default: the images are not labelled. */
  readonly label?: string
  /** The field of a JSON label, such as 'label', or 'annotation.class' in a record. Default: the whole is the label. */
  readonly labelField?: string
  /**
   * The names of the classes. Labels that are numbers are indices into them, others one of them. Default: '0' to the largest number, or
   * the names that occur, in code-point order.
   */
  readonly classNames?: readonly string[]
  /**
   * What happens to a sample without an image, or without a label where labels are read: it is an error, or it is left out and counted in
   * `skipped`. Default 'fail'.
   */
  readonly incomplete?: 'fail' | 'skip'
  /**
   * A file that keeps the index for the next time, for large data sets. It is made anew if a shard has another size or time, or options
   * differ, or it is damaged. Default: none is written.
   */
  readonly index?: string
  /** How images are decoded. Default: upright, RGB. */
  readonly decoding?: DecodeOptions
  /** Called after each shard. */
  readonly progress?: (done: TarShardsProgress) => void
  /** Ends the work of opening. */
  readonly signal?: AbortSignal
}

/** The source of tar shards. {@link tarShards} makes it. */
export interface TarShards extends EncodedSource {
  /** The paths of the shards, in their order. */
  readonly shards: readonly string[]
  /** The samples without an image or a label that were left out: their number, and the first ten by shard and key. */
  readonly skipped: SkippedSamples
  /** The name of an image: the shard, and the entry in it. */
  nameOf(index: number): string
}

/** {@link TarShards} with labels. */
export interface LabelledTarShards extends TarShards {
  readonly classNames: readonly string[]
  readLabels(): Promise<Int32Array>
}

const extensions = imageExtensions.map((ending) => ending.slice(1))

/**
 * The images of tar files in the form of `webdataset`, in the order of the shards and of the entries in them, at any index: opening reads
 * the headers of entries, and labels, of every shard. An image then is a range of bytes of its shard. Nothing is kept open.
 *
 * A sample is the entries that follow each other and share their folders and their base name up to its first dot, which is
 * what `webdataset` does: `n01/7.jpg` and `n01/7.cls`. Tars that were joined by `cat` are read to the end, unlike there.
 * @param shards one or several paths: of a shard, of a folder, whose `.tar` files are taken in code-point order, or a pattern such as
 * `data/train-{000000..000146}.tar` or `data/train-*.tar`.
 * @throws {CascadeError} of code `input` on wrong options; of code `file` if a shard cannot be opened; of code `unsupported` on
 * compressed shards and sparse files; of code `data` that names the shard and the place or entry if one is damaged or cut off, has an entry
 * twice, or has a wrong label, or if there are no images; of code `interrupted` on an abort.
 */
export function tarShards(
  shards: string | readonly string[],
  options: TarShardsOptions & { readonly label: string },
): Promise<LabelledTarShards>
export function tarShards(shards: string | readonly string[], options?: TarShardsOptions): Promise<TarShards>
export async function tarShards(
  shards: string | readonly string[],
  options: TarShardsOptions = {},
): Promise<TarShards> {
  checkOptions('tarShards', options, {
    image: true,
    label: true,
    labelField: true,
    classNames: true,
    incomplete: true,
    index: true,
    decoding: true,
    progress: true,
    signal: true,
  })
  const { image = extensions, label, labelField, decoding = {}, signal } = options
  if (signal !== undefined) checkSignal('tarShards', signal)
  checkTexts('image, a list of extensions', image)
  if (options.classNames !== undefined) checkClassNames('tarShards', options.classNames)
  checkDecoding('tarShards', decoding)
  const incomplete = checkOneOf('tarShards', 'incomplete', options.incomplete ?? 'fail', ['fail', 'skip'])
  const progress = checkFunction('tarShards', 'progress', options.progress ?? (() => {}))
  for (const [name, value] of Object.entries({ label, labelField, index: options.index }))
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw new CascadeError('input', `tarShards: expected ${name}, a text, got ${shown(value)}`)
  if (label === undefined && (labelField !== undefined || options.classNames !== undefined))
    throw new CascadeError(
      'input',
      "tarShards: expected label, such as 'cls' or 'json', beside labelField and classNames, got none",
    )

  const paths = await filesOf('tarShards', shards, '.tar')
  const kept = { image, label, labelField, classNames: options.classNames, incomplete }
  const make = async (): Promise<TarIndex> => {
    const reader = label === undefined ? undefined : labelReader({ label, labelField, classNames: options.classNames })
    const found = await indexShards(paths, { image, label, reader, incomplete, signal, progress })
    return { shards: found, classNames: reader?.finish(found.map(({ samples }) => samples)) }
  }
  let index = options.index === undefined ? undefined : await readIndexFile(options.index, paths, kept)
  if (!index) {
    index = await make()
    if (options.index !== undefined) await writeIndexFile(options.index, index, kept)
  }
  if (index.shards.every(({ samples }) => samples.count === 0))
    throw new CascadeError(
      'data',
      `tarShards: expected images, .${image.join(', .')}, in ${paths.length} shards, got none`,
    )
  const [first] = typeof shards === 'string' ? [shards] : paths
  return sourceOf(
    paths.length > 1 && first !== shards ? `${first} and ${paths.length - 1} more` : `${first}`,
    index,
    decoding,
  )
}

function sourceOf(name: string, { shards: indexed, classNames }: TarIndex, decoding: DecodeOptions): TarShards {
  /** The first image of each shard, and at the end their number. */
  const starts = [0]
  // Threads may have another current folder.
  const paths = indexed.map(({ path }) => resolve(path))
  const versions = indexed.map(({ size, mtimeMs }) => ({ size, mtimeMs }))
  for (const { samples } of indexed) starts.push((starts.at(-1) as number) + samples.count)
  const count = starts.at(-1) as number
  const placeOf = (index: number) => {
    const shard = lastAtMost(starts, index)
    return { shard, ...(indexed[shard] as IndexedShard), i: index - (starts[shard] as number) }
  }
  const locate = (index: number): FileRange => {
    const { shard, path, samples, i } = placeOf(index)
    return {
      name: `${path}: ${sampleName(samples, i)}`,
      path: paths[shard] as string,
      offset: samples.offsets[i],
      length: samples.lengths[i],
      version: versions[shard],
    }
  }
  const labelOf = (index: number): number => {
    const { samples, i } = placeOf(index)
    return samples.labels[i] as number
  }
  const source = encodedSource({
    name,
    count,
    classNames,
    encoded: {
      decoding,
      locate: async (indices) => ({ images: indices.map(locate), labels: classNames && indices.map(labelOf) }),
    },
    readLabels:
      classNames &&
      (async () => {
        const labels = new Int32Array(count)
        indexed.forEach(({ samples }, shard) => {
          labels.set(samples.labels, starts[shard])
        })
        return labels
      }),
  })
  const first = indexed.flatMap(({ path, skipped }) => skipped.first.map((key) => `${path}: ${key}`)).slice(0, 10)
  return {
    ...source,
    shards: indexed.map(({ path }) => path),
    skipped: { count: indexed.reduce((sum, { skipped }) => sum + skipped.count, 0), first },
    nameOf: (index) => locate(checkInteger('nameOf', 'an index', index, { from: 0, to: count - 1 })).name,
  }
}

/** The last place in an ascending list with at most that value. */
function lastAtMost(list: readonly number[], value: number): number {
  let [low, high] = [0, list.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((list[middle] as number) <= value) low = middle
    else high = middle - 1
  }
  return low
}

function checkTexts(what: string, value: readonly string[]): void {
  if (!Array.isArray(value) || value.length === 0 || !value.every((text) => typeof text === 'string' && text !== ''))
    throw new CascadeError('input', `tarShards: expected ${what}, got ${shown(value)}`)
  if (new Set(value).size < value.length)
    throw new CascadeError('input', `tarShards: expected ${what}, each once, got ${shown(value)}`)
}
