import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { sortByCodePoints } from '../folder/code-points.ts'
import { findSplit } from '../imagenet/layout.ts'
import { manifestFile, unfinishedFile } from '../prepare/manifest.ts'
import type { SourceConfig } from '../sources/source-table.ts'
import { hasImages, isImageName } from './has-images.ts'
import { idxConfig, tarConfig } from './recognise-file.ts'

/** Parts of a data set that are opened by name. */
export type SplitName = 'train' | 'val' | 'test'

/** A folder and what is in it. */
interface Listed {
  readonly path: string
  /** Names that do not begin with a dot, in code-point order. */
  readonly files: readonly string[]
  readonly folders: readonly string[]
  readonly split: SplitName | undefined
}

type Recognise = (folder: Listed) => SourceConfig | undefined | Promise<SourceConfig | undefined>

/** The files and the folders in a folder. */
const listFolder = (folder: string): Promise<readonly [files: string[], folders: string[]]> =>
  readdir(folder, { withFileTypes: true }).then((entries) => {
    const names = entries.filter(({ name }) => !name.startsWith('.'))
    const isFolder = (entry: (typeof names)[number]) =>
      entry.isDirectory() || (entry.isSymbolicLink() && existsSync(join(folder, entry.name, '.')))
    const part = (wanted: boolean) =>
      sortByCodePoints(names.filter((entry) => isFolder(entry) === wanted).map(({ name }) => name))
    return [part(false), part(true)] as const
  })

/**
 * The source that a folder is, by its content. Undefined if it is none that is known.
 * @throws {CascadeError} of code `data` if it has no such split.
 */
export async function recogniseFolder(path: string, split: SplitName | undefined): Promise<SourceConfig | undefined> {
  const [files, folders] = await listFolder(path)
  const listed = { path, files, folders, split }
  for (const recognise of [prepared, lmdb, cifarFolder, idxFolder, imagenet, tars, parquet, npz, splitFolder, images]) {
    const found = await recognise(listed)
    if (found) return found
  }
  return undefined
}

/** Without a wish, training images. */
const inSplit = (name: string, split: SplitName | undefined, names: readonly string[]): boolean => {
  const wanted = split ?? 'train'
  const others = (split: SplitName) => names.some((other) => belongsTo(other, split))
  return belongsTo(name, wanted) || (split === undefined && !others(wanted))
}

const words: Readonly<Record<SplitName, readonly string[]>> = {
  train: ['train', 'training'],
  val: ['val', 'valid', 'validation'],
  test: ['test', 'testing', 't10k'],
}

/** Whether a name has the word of a split. */
const belongsTo = (name: string, split: SplitName): boolean =>
  name
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .some((word) => words[split].includes(word))

function chosen(names: readonly string[], { path, split }: Listed): readonly string[] {
  const some = names.filter((name) => inSplit(name, split, names))
  if (names.length > 0 && some.length === 0) throw noSplit(path, split!, names)
  return some
}

const noSplit = (path: string, split: SplitName, names: readonly string[]): CascadeError =>
  new CascadeError('data', `openImages: expected the split '${split}' in ${path}, got ${names.slice(0, 5).join(', ')}`)

const prepared: Recognise = ({ path, files }) =>
  files.includes(manifestFile) || files.includes(unfinishedFile) ? { name: 'prepared', path } : undefined

const lmdb: Recognise = (listed) => {
  const { path, files, folders } = listed
  if (files.includes('data.mdb')) return { name: 'lsun', path }
  const databases = folders.filter((name) => existsSync(join(path, name, 'data.mdb')))
  if (databases.length === 0) return undefined
  return { name: 'lsun', path: chosen(databases, listed).map((name) => join(path, name)) }
}

const cifarArchives = ['cifar-10-batches-bin', 'cifar-10-batches-py', 'cifar-100-binary', 'cifar-100-python']

const cifarFolder: Recognise = ({ path, files, folders, split = 'train' }) => {
  const has = (...names: readonly string[]) => names.some((name) => files.includes(name))
  const ten = has('data_batch_1', 'data_batch_1.bin', 'test_batch', 'test_batch.bin')
  const hundred = has('meta', 'fine_label_names.txt') && has('train', 'train.bin', 'test', 'test.bin')
  if (!ten && !hundred && !folders.some((name) => cifarArchives.includes(name))) return undefined
  if (split === 'val') throw noSplit(path, split, ['train', 'test'])
  return { name: 'cifar', path, split }
}

const idxFolder: Recognise = (listed) => {
  const images = listed.files.filter((name) => /images[.-]idx3-ubyte(\.gz)?$/.test(name))
  if (images.length === 0) return undefined
  return idxConfig(join(listed.path, chosen(images, listed)[0]!))
}

const imagenet: Recognise = async ({ path, split }) => {
  if (split === 'test') return undefined
  const order = split
    ? [split]
    : belongsTo(basename(resolve(path)), 'val')
      ? (['val'] as const)
      : (['train', 'val'] as const)
  for (const each of order)
    if (
      await findSplit(path, each).then(
        () => true,
        () => false,
      )
    )
      return { name: 'imagenet', path, split: each }
  return undefined
}

const tars: Recognise = async (listed) => {
  const shards = listed.files.filter((name) => /\.tar$/i.test(name))
  if (shards.length === 0) return undefined
  const paths = chosen(shards, listed).map((name) => join(listed.path, name))
  return tarConfig(paths, paths.length === shards.length ? listed.path : paths)
}

const parquet: Recognise = async (listed) => {
  const { path, files, folders } = listed
  const isParquet = (name: string) => /\.parquet$/i.test(name)
  const all = files.filter(isParquet)
  const some = chosen(all, listed)
  if (some.length > 0)
    return { name: 'parquet', path: some.length === all.length ? path : some.map((name) => join(path, name)) }
  // Where the hub keeps them.
  if (!folders.includes('data')) return undefined
  const [inner] = await listFolder(join(path, 'data'))
  if (!inner.some(isParquet)) return undefined
  return parquet({ path: join(path, 'data'), files: inner, folders: [], split: listed.split })
}

const npz: Recognise = ({ path, files, folders }) => {
  const arrays = files.filter((name) => /\.np[yz]$/i.test(name))
  return arrays.length === 1 && folders.length === 0 ? { name: 'npz', path: join(path, arrays[0]!) } : undefined
}

/** Folders `train` and `val`, each a source by itself. */
const splitFolder: Recognise = async ({ path, folders, split }) => {
  const of = (split: SplitName) => folders.filter((name) => words[split].includes(name.toLowerCase()))
  const [inner] = of(split ?? 'train')
  if (inner !== undefined) return recogniseFolder(join(path, inner), undefined)
  if (split !== undefined) throw noSplit(path, split, folders)
  return undefined
}

/** Classes are subfolders, if there are several and no images beside them. */
const images: Recognise = async ({ path, files, folders }) => {
  if (files.some(isImageName)) return { name: 'image-folder', path }
  if (!(await hasImages(path, 4))) return undefined
  return { name: 'image-folder', path, classes: folders.length > 1 ? 'folders' : 'none' }
}
