import { basename, dirname, resolve } from 'node:path'
import { CascadeError, checkOneOf, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import type { DecodeOptions } from '../decode/decode-image.ts'
import { checkDecoding } from '../decode/decode-options.ts'
import { type ImageFiles, listImages } from '../folder/image-files.ts'
import { imageExtensions } from '../folder/image-folder.ts'
import { type EncodedSource, encodedSource } from '../sources/encoded-source.ts'
import { classNamesOf } from './class-names.ts'
import { findSplit, isWnid, validationNumber } from './layout.ts'
import { findSynsets, type Synsets } from './synsets.ts'
import { validationLabels } from './validation-labels.ts'

/** Options of {@link imageNet}. */
export interface ImageNetOptions {
  /** The 1,281,167 training images or the 50,000 validation images of ILSVRC2012. */
  readonly split: 'train' | 'val'
  /**
   * The folder with the names of the classes: the devkit (`ILSVRC2012_devkit_t12`), or one with `LOC_synset_mapping.txt`,
   * `synset_words.txt`, `words.txt` or `imagenet_class_index.json`. Default: `path`, and the folders that the images and `path` are in.
   */
  readonly devkit?: string
  /** How images are decoded. Default: upright, RGB. */
  readonly decoding?: DecodeOptions
}

/** ImageNet as a source. {@link imageNet} makes it. */
export interface ImageNetSource extends EncodedSource {
  /** Readable names, each once: `tench`, `crane (n02012849)`. The ids where no file names the classes. */
  readonly classNames: readonly string[]
  /** The WordNet id of each class: `n01440764`. */
  readonly wnids: readonly string[]
  /** The name of an image: its path below the folder of its split, with `/`. */
  nameOf(index: number): string
  readLabels(): Promise<Int32Array>
}

const optionKeys: KnownKeys<ImageNetOptions> = { split: true, devkit: true, decoding: true }

/**
 * The images of ILSVRC2012 where they are: in a folder for each class (`train/n01440764/…`, and `val` too), in `val` without classes,
 * with the devkit or with Kaggle's `LOC_val_solution.csv`, or in Kaggle's folders. A label is the place of the class in the code-point
 * order of the ids, as in torchvision and in OpenAI's code; of folders, among those that are there. Files are decoded by their content:
 * one of ImageNet's is a PNG with the name of a JPEG, and some are CMYK. Sizes differ; `resizeCrop` or `admCrop` make them one.
 * A million names take about 30 MB.
 * @throws {CascadeError} of code `data` that says which files were expected and what is there; of code `file` if a folder cannot be read.
 */
export async function imageNet(path: string, options: ImageNetOptions): Promise<ImageNetSource> {
  const where = 'imageNet'
  if (typeof path !== 'string' || path === '')
    throw new CascadeError('input', `${where}: expected the path of a folder, got ${shown(path)}`)
  checkOptions(where, options, optionKeys)
  const split = checkOneOf(where, 'a split', options.split, ['train', 'val'])
  const { devkit, decoding = {} } = options
  if (devkit !== undefined && (typeof devkit !== 'string' || devkit === ''))
    throw new CascadeError('input', `${where}: expected devkit, the path of a folder, got ${shown(devkit)}`)
  checkDecoding(where, decoding)
  const { folder, inClasses } = await findSplit(path, split)
  const files = await listImages(where, folder, {
    extensions: new Set(imageExtensions),
    hidden: false,
    subfoldersOnly: inClasses,
  })
  const places = devkit === undefined ? placesOf(path, folder) : [devkit]
  const synsets = await findSynsets(places)
  if (devkit !== undefined && !synsets && inClasses)
    throw new CascadeError(
      'data',
      `${where}: expected data/meta.mat or another file of names in ${devkit}, there is none`,
    )
  const listed = inClasses ? inFolders(folder, files) : await byNumber(folder, files, synsets, places)
  const { count, wnids, pathOf, labelOf } = listed
  const imageOf = (index: number) => {
    const file = resolve(folder, pathOf(index))
    return { name: file, path: file }
  }
  const source = encodedSource({
    name: `ImageNet ${split}`,
    count,
    encoded: {
      decoding,
      locate: async (indices) => ({ images: indices.map(imageOf), labels: indices.map(labelOf) }),
    },
  })
  return {
    ...source,
    classNames: classNamesOf(wnids, synsets?.words),
    wnids,
    nameOf: pathOf,
    readLabels: async () => Int32Array.from({ length: count }, (_, index) => labelOf(index)),
  }
}

/** Where names of classes and of validation images are looked for. */
const placesOf = (path: string, folder: string): string[] => [
  ...new Set([path, dirname(folder), folder, dirname(resolve(path))].map((place) => resolve(place))),
]

/** The images of a split: how many, where, and of which classes. */
interface Listed {
  readonly count: number
  readonly wnids: readonly string[]
  pathOf(index: number): string
  labelOf(index: number): number
}

/** Folders of other names are left out. Subfolders, and so classes, are in code-point order. */
function inFolders(folder: string, files: ImageFiles): Listed {
  const classes = files.subfolders
    .map((subfolder, number) => ({ ...subfolder, number }))
    .filter(({ name }) => isWnid(name))
  const empty = classes.filter(({ count }) => count === 0).map(({ name }) => name)
  if (empty.length > 0)
    throw new CascadeError(
      'data',
      `imageNet: expected images in each class of ${folder}, got none in ${empty.slice(0, 10).join(', ')}`,
    )
  const labels = new Map(classes.map(({ number }, label) => [number, label]))
  const { count, at } = kept(files.count, (index) => labels.has(files.subfolderOf(index)))
  return {
    count,
    wnids: classes.map(({ name }) => name),
    pathOf: (index) => files.pathOf(at(index)),
    labelOf: (index) => labels.get(files.subfolderOf(at(index)))!,
  }
}

async function byNumber(
  folder: string,
  files: ImageFiles,
  synsets: Synsets | undefined,
  places: readonly string[],
): Promise<Listed> {
  const truth = await validationLabels(synsets, places)
  const numberOf = (index: number): number | undefined => {
    const path = files.pathOf(index)
    return path === basename(path) ? validationNumber(path) : undefined
  }
  const { count, at } = kept(files.count, (index) => numberOf(index) !== undefined)
  const labels = Int32Array.from({ length: count }, (_, index) => {
    const label = truth.of(numberOf(at(index))!)
    if (label !== undefined) return label
    throw new CascadeError(
      'data',
      `${folder}: expected a class of ${files.pathOf(at(index))} in ${truth.path}, there is none`,
    )
  })
  return { count, wnids: truth.wnids, pathOf: (index) => files.pathOf(at(index)), labelOf: (index) => labels[index]! }
}

/** The indices that are kept, 4 bytes each; none are listed if all are kept. */
function kept(all: number, keep: (index: number) => boolean): { readonly count: number; at(index: number): number } {
  const indices = new Uint32Array(all)
  let count = 0
  for (let index = 0; index < all; index++) if (keep(index)) indices[count++] = index
  return count === all ? { count, at: (index) => index } : { count, at: (index) => indices[index]! }
}
