import { readdir, stat } from 'node:fs/promises'
import { CascadeError, checkOneOf, checkOptions, isCascadeError, shown } from '@cascade-diffusion/checks'
import { filesOf } from '../reading/files-of.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { type SourceConfig, sources } from '../sources/source-table.ts'
import { recogniseFile, tarConfig } from './recognise-file.ts'
import { recogniseFolder, type SplitName } from './recognise-folder.ts'

const where = 'openImages'

/** Options of {@link openImages} and {@link recogniseImages}. */
export interface OpenImagesOptions {
  /** Which part of a data set, where a path has several. Default: the training images, if there are such. */
  readonly split?: SplitName
}

/** What {@link recogniseImages} knows, for errors. */
const kinds = [
  'a folder of images, with or without subfolders of classes',
  'ImageNet (folders n01440764, …, or ILSVRC2012_val_00000001.JPEG, …)',
  'LSUN (data.mdb)',
  'tar shards',
  'parquet files',
  'an .npz or .npy file',
  'CIFAR (data_batch_1, …)',
  'IDX files',
  'a copy by prepareImages (manifest.json)',
]

/**
 * The source of images at a path, whatever it is: a folder of images, whose subfolders are classes if there are several and no images
 * beside them; ImageNet; LMDB files of LSUN, or folders of them; tar shards, labelled if the first sample has a `.cls`; parquet files;
 * arrays of NumPy; CIFAR; IDX files, with labels beside them; a prepared copy; or a folder with folders `train`, `val` or `test` of any of
 * these. A configuration of the table `sources` says more than a path can: `{ name: 'parquet', path, image: 'photo' }`.
 * @throws {CascadeError} of code `file` if there is no such path, or it cannot be read; of code `data` that lists what is known and what was found, or as the
 * source does; of code `input` if a configuration is wrong.
 */
export async function openImages(
  pathOrConfig: string | SourceConfig,
  options: OpenImagesOptions = {},
): Promise<ImageSource> {
  checkOptions(where, options, { split: true })
  if (typeof pathOrConfig === 'string') return sources.of(where, await recogniseImages(pathOrConfig, options))
  if (options.split !== undefined)
    throw new CascadeError('input', `${where}: expected a split in the configuration, got it beside one`)
  return sources.of(where, pathOrConfig)
}

/**
 * The configuration of the source at a path, as {@link openImages} opens it.
 * @throws as {@link openImages}.
 */
export async function recogniseImages(path: string, options: OpenImagesOptions = {}): Promise<SourceConfig> {
  checkOptions(where, options, { split: true })
  const { split } = options
  if (split !== undefined) checkOneOf(where, 'split', split, ['train', 'val', 'test'])
  if (typeof path !== 'string' || path === '')
    throw new CascadeError('input', `${where}: expected a path or the configuration of a source, got ${shown(path)}`)
  const found = await stat(path).catch(() => undefined)
  if (!found) {
    // Patterns, which their sources expand.
    if (/[{*?].*\.tar$/i.test(path)) return tarConfig(await filesOf(where, path, '.tar'), path)
    if (/[{*?].*\.parquet$/i.test(path)) return { name: 'parquet', path }
    throw new CascadeError('file', `${where}: expected a file or a folder ${path}, there is none`)
  }
  const config = await (found.isDirectory() ? recogniseFolder(path, split) : recogniseFile(path)).catch((cause) => {
    if (isCascadeError(cause)) throw cause
    throw new CascadeError('file', `${where}: ${path} could not be read: ${cause.message}`, { cause })
  })
  if (config) return config
  const list = kinds.map((kind) => `  ${kind}`).join('\n')
  throw new CascadeError('data', `${where}: expected one of these at ${path}:\n${list}\ngot ${await contents(path)}`)
}

async function contents(path: string): Promise<string> {
  const names = await readdir(path).catch(() => undefined)
  if (names === undefined) return 'a file of another kind'
  if (names.length === 0) return 'an empty folder'
  const more = names.length > 5 ? ` and ${names.length - 5} more` : ''
  return names.toSorted().slice(0, 5).join(', ') + more
}
