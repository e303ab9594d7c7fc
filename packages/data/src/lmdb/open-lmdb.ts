import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import { withFile } from '../reading/file-bytes.ts'
import { databaseFlag, entryFlag } from './layout.ts'
import { indexLeaves, placeOf } from './leaf-index.ts'
import type { LeafEntry } from './nodes.ts'
import { type Pages, withPages } from './pages.ts'
import { BranchCache, findEntry, firstEntries, readLeaf } from './search.ts'
import { shownKey } from './shown-key.ts'
import { readSnapshot } from './snapshot.ts'
import { damaged, readTree, type Tree, treeBytes } from './tree.ts'
import { type LmdbValue, locateValue, readValue } from './values.ts'

/** Options of {@link openLmdb}. */
export interface LmdbOptions {
  /** The name of a database within the file. Default: the main one. */
  readonly database?: string
}

/** An entry of a database. */
export interface LmdbEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** The place of an entry's value: its bytes, or where in the file they are. */
export type LmdbPlace = LmdbValue & { readonly key: Uint8Array }

/** A database of an LMDB file. {@link openLmdb} makes it. Its functions throw if the file was changed since. */
export interface Lmdb {
  /** The path of the file. */
  readonly path: string
  /** The number of entries. */
  readonly count: number
  /** The value of a key, bytes or text in UTF-8; undefined if there is none. */
  get(key: string | Uint8Array): Promise<Uint8Array | undefined>
  /** Where the values are of the entries at the indices, from 0 to `count` - 1 in the order of the keys. */
  locate(indices: readonly number[]): Promise<LmdbPlace[]>
  /** All entries in the order of their keys. */
  entries(): AsyncGenerator<LmdbEntry>
}

/** The most bytes of branch pages that are kept. */
const cacheBytes = 1 << 20

/** The most leaves that are read at the same time. */
const atOnce = 16

/** Values of a leaf are read together up to this. */
const bytesAtOnce = 1 << 20

/**
 * Opens an LMDB file for reading, without its lock file: data format 1, of LMDB 0.9, which python-lmdb, Caffe and LSUN write, or format
 * 3, of LMDB 1.0. It reads the pages above the leaves and the headers of the leaves, no keys: 16 bytes for each leaf stay in memory. The
 * file is opened anew for each call, so nothing needs to be closed.
 *
 * The state of the file is that of its last transaction. After another one, all functions throw.
 * @param path the folder with `data.mdb`, or the file itself.
 * @throws {CascadeError} of code `file` if it cannot be read; `data` if it is no LMDB file, or is damaged, with the number of the page;
 * `input` if it has no such database; `unsupported` if its format is another, or its database has several values for a key.
 */
export async function openLmdb(path: string, options: LmdbOptions = {}): Promise<Lmdb> {
  checkOptions('openLmdb', options, { database: true })
  if (typeof path !== 'string' || path === '')
    throw new CascadeError('input', `openLmdb: expected the path of a folder or file, got ${shown(path)}`)
  const { database } = options
  if (database !== undefined && (typeof database !== 'string' || database === ''))
    throw new CascadeError('input', `openLmdb: expected database, a name, got ${shown(database)}`)
  const file = await dataFile(path)
  const snapshot = await withFile(file, (read, size) => readSnapshot(file, read, size))
  const cache = new BranchCache(cacheBytes)
  const { tree, index } = await withPages(snapshot, async (pages) => {
    const found = database === undefined ? await mainTree(pages) : await namedTree(pages, database, cache)
    const where = database === undefined ? file : `${file}: database '${database}'`
    return { tree: found, index: await indexLeaves(where, pages, found) }
  })

  async function locate(indices: readonly number[]): Promise<LmdbPlace[]> {
    const byLeaf = new Map<number, { readonly at: number; readonly place: number }[]>()
    for (const [at, i] of indices.entries()) {
      if (!(Number.isInteger(i) && i >= 0 && i < tree.entries))
        throw new CascadeError('input', `${file}: expected indices from 0 to ${tree.entries - 1}, got ${shown(i)}`)
      const [leaf, place] = placeOf(index, i)
      const wanted = byLeaf.get(leaf)
      if (wanted) wanted.push({ at, place })
      else byLeaf.set(leaf, [{ at, place }])
    }
    const places = new Array<LmdbPlace>(indices.length)
    const leaves = [...byLeaf]
    await withPages(snapshot, async (pages) => {
      const one = async ([leaf, wanted]: (typeof leaves)[number]): Promise<void> => {
        const entries = await readLeaf(pages, tree, leaf)
        for (const { at, place } of wanted) {
          const entry = entries[place]
          if (!entry) throw damaged(`${file}: page ${leaf}`, `more than ${place} entries`, `${entries.length}`)
          places[at] = Object.assign({ key: Uint8Array.from(entry.key) }, await locateValue(pages, entry))
        }
      }
      for (let i = 0; i < leaves.length; i += atOnce) await Promise.all(leaves.slice(i, i + atOnce).map(one))
    })
    return places
  }

  return {
    path: file,
    count: tree.entries,
    locate,
    get: (key) =>
      withPages(snapshot, async (pages) => {
        const entry = await findEntry(pages, tree, typeof key === 'string' ? Buffer.from(key) : key, cache)
        return entry && readValue(pages, await locateValue(pages, entry))
      }),
    async *entries() {
      for (const leaf of index.leaves)
        for (let from = 0, of = 1; from < of; ) {
          const some = await withPages(snapshot, async (pages) => {
            const all = await readLeaf(pages, tree, leaf)
            of = all.length
            return readSome(pages, all.slice(from))
          })
          from += some.length
          yield* some
        }
    },
  }
}

/** The first of some entries with their values: at least one, and no more once they have as many bytes as are read at once. */
async function readSome(pages: Pages, entries: readonly LeafEntry[]): Promise<LmdbEntry[]> {
  const some: LmdbEntry[] = []
  for (let i = 0, bytes = 0; i < entries.length && bytes < bytesAtOnce; i++) {
    const { key, length } = entries[i]!
    bytes += length
    some.push({ key: Uint8Array.from(key), value: await readValue(pages, await locateValue(pages, entries[i]!)) })
  }
  return some
}

async function dataFile(path: string): Promise<string> {
  const at = async (place: string) =>
    stat(place).catch((cause) => {
      throw new CascadeError('file', `${path}: expected an LMDB file, or a folder with data.mdb: ${cause.message}`, {
        cause,
      })
    })
  // The current folder may be another one later.
  const file = (await at(path)).isDirectory() ? resolve(path, 'data.mdb') : resolve(path)
  if (!(await at(file)).isFile()) throw new CascadeError('file', `${file}: expected a file, got a folder or a device`)
  return file
}

/** The main database. @throws if it only holds others. */
async function mainTree(pages: Pages): Promise<Tree> {
  checkPlain(pages.path, pages.main)
  const names = await firstNames(pages)
  if (names.length === 0) return pages.main
  throw new CascadeError(
    'input',
    `${pages.path}: expected the name of a database, as the file has several: database: ${names.join(' or ')}`,
  )
}

async function namedTree(pages: Pages, name: string, cache: BranchCache): Promise<Tree> {
  checkPlain(pages.path, pages.main)
  const entry = await findEntry(pages, pages.main, Buffer.from(name + pages.layout.nameEnd), cache)
  if (entry === undefined || entry.flags !== entryFlag.database) {
    const names = await firstNames(pages)
    const there = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`
    throw new CascadeError('input', `${pages.path}: expected the name of a database, got '${name}'; ${there}`)
  }
  const where = `${pages.path}: database '${name}'`
  if (entry.data.length !== treeBytes) throw damaged(where, `a record of ${treeBytes} bytes`, `${entry.data.length}`)
  const tree = readTree(where, entry.data, pages.lastPage)
  checkPlain(where, tree)
  return tree
}

/** @throws if keys may have several values. */
function checkPlain(where: string, { flags }: Tree): void {
  if ((flags & databaseFlag.duplicates) !== 0)
    throw new CascadeError('unsupported', `${where}: expected one value for each key, got a database with DUPSORT`)
}

/** The names of databases in the first leaf of the main one, at most 10. */
async function firstNames(pages: Pages): Promise<string[]> {
  const entries = await firstEntries(pages, pages.main)
  const names = entries.filter(({ flags }) => flags === entryFlag.database).slice(0, 10)
  return names.map(({ key }) => shownKey(key.subarray(0, key.length - pages.layout.nameEnd.length)))
}
