import { basename, dirname, resolve } from 'node:path'
import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import type { DecodeOptions } from '../decode/decode-image.ts'
import { checkDecoding } from '../decode/decode-options.ts'
import { checkClassNames } from '../sources/check-source.ts'
import type { EncodedImage } from '../sources/encoded-images.ts'
import { type EncodedSource, encodedSource } from '../sources/encoded-source.ts'
import { type Lmdb, openLmdb } from './open-lmdb.ts'
import { shownKey } from './shown-key.ts'

/**
 * LMDB files by class: paths by the names of the classes, or a list of paths, whose classes are named as their folders: `bedroom` for
 * LSUN's `bedroom_train_lmdb`.
 */
export type LsunClasses = readonly string[] | Readonly<Record<string, string>>

/** Options of {@link lsunLmdb}. */
export interface LsunOptions {
  /** The name of the database within each file that has the images. Default: the main one. */
  readonly database?: string
  /** How images are decoded. Default: upright, RGB. */
  readonly decoding?: DecodeOptions
}

/** A source of the images of LMDB files of several classes. {@link lsunLmdb} makes it. */
export interface LabelledLsun extends EncodedSource {
  readonly classNames: readonly string[]
  readLabels(): Promise<Int32Array>
}

/**
 * The images of LMDB files as a source: LSUN, or any LMDB whose values are encoded pictures. One path gives a source without labels;
 * paths by class give the images of the first class first. Images are in the order of their keys, as in torchvision.
 *
 * Opening reads how many images each page has, no keys and no images: well under a second for 100,000 images. Large values are read from
 * their place in the file. Needs neither the lock file nor the right to write. See {@link openLmdb} for formats.
 * @param path each is a folder with `data.mdb`, or the file itself.
 * @throws {CascadeError} of code `input` if an option is wrong or there is no such database; of code `file` if a file cannot be read; of
 * code `data` if one is damaged, with the number of the page, or has no images. Reading throws one that names the file and the key, or
 * the page, if an image is damaged, or a program has changed the file.
 */
export function lsunLmdb(path: LsunClasses, options?: LsunOptions): Promise<LabelledLsun>
export function lsunLmdb(path: string, options?: LsunOptions): Promise<EncodedSource>
export async function lsunLmdb(path: string | LsunClasses, options: LsunOptions = {}): Promise<EncodedSource> {
  checkOptions('lsunLmdb', options, { database: true, decoding: true })
  const { database, decoding = {} } = options
  checkDecoding('lsunLmdb', decoding)
  if (typeof path === 'string') {
    const one = await openImages(path, database)
    return encodedSource({
      name: path,
      count: one.count,
      encoded: { decoding, locate: async (indices) => ({ images: await locateImages(one, indices) }) },
    })
  }
  const classes = pathsOf(path)
  const parts = await Promise.all(classes.map(([, each]) => openImages(each, database)))
  const starts = [0]
  for (const { count } of parts) starts.push(starts.at(-1)! + count)
  const labelOf = (index: number): number => starts.findLastIndex((start) => start <= index)
  const count = starts.pop()!
  const classNames = classes.map(([name]) => name)
  const readLabels = async (): Promise<Int32Array> => {
    const labels = new Int32Array(count)
    for (const [label, start] of starts.entries()) labels.fill(label, start, starts[label + 1])
    return labels
  }
  const source = encodedSource({
    name: classes.map(([, each]) => each).join(' + '),
    count,
    classNames,
    encoded: {
      decoding,
      async locate(indices) {
        const labels = indices.map(labelOf)
        const images = new Array<EncodedImage>(indices.length)
        for (const label of new Set(labels)) {
          const places = [...indices.keys()].filter((i) => labels[i] === label)
          const own = places.map((i) => indices[i]! - starts[label]!)
          for (const [i, image] of (await locateImages(parts[label]!, own)).entries()) images[places[i]!] = image
        }
        return { images, labels }
      },
    },
    readLabels,
  })
  return { ...source, classNames, readLabels } satisfies LabelledLsun
}

async function openImages(path: string, database: string | undefined): Promise<Lmdb> {
  const lmdb = await openLmdb(path, { database })
  if (lmdb.count === 0) throw new CascadeError('data', `${lmdb.path}: expected images, got an empty database`)
  return lmdb
}

async function locateImages(lmdb: Lmdb, indices: readonly number[]): Promise<EncodedImage[]> {
  const path = lmdb.path
  return (await lmdb.locate(indices)).map((place) => {
    const name = `${path}: key ${shownKey(place.key)}`
    if ('bytes' in place) return { name, bytes: place.bytes }
    return { name, path, offset: place.offset, length: place.length }
  })
}

/** The classes and their paths. */
function pathsOf(path: LsunClasses): readonly (readonly [className: string, path: string])[] {
  const where = 'lsunLmdb'
  if (typeof path !== 'object' || path === null)
    throw new CascadeError('input', `${where}: expected a path, a list of paths or paths by class, got ${shown(path)}`)
  const classes: readonly (readonly [string, string])[] = Array.isArray(path)
    ? path.map((each: string) => [classOf(each), each])
    : Object.entries(path)
  checkClassNames(
    where,
    classes.map(([name]) => name),
  )
  return classes
}

/** `bedroom` of `lsun/bedroom_train_lmdb` or of a file in it. */
function classOf(path: unknown): string {
  if (typeof path !== 'string')
    throw new CascadeError('input', `lsunLmdb: expected a list of paths, got ${shown(path)}`)
  const full = resolve(path)
  const folder = basename(full) === 'data.mdb' ? dirname(full) : full
  return basename(folder).replace(/(_(train|val|test))?(_lmdb)?(\.l?mdb)?$/, '')
}
