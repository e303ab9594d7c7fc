import { CascadeError } from '@cascade-diffusion/checks'
import type { ReadBytes } from '../reading/file-bytes.ts'
import { bufferOf, type Layout, layout1, layout3, pageKind, pageKinds, readNumber } from './layout.ts'
import { damaged, readTree, type Tree, treeBytes } from './tree.ts'

/** The state of a database file after a transaction. */
export interface Snapshot {
  /** The path of the file. */
  readonly path: string
  readonly layout: Layout
  /** Bytes of a page. */
  readonly pageSize: number
  /** The number of the last page in use. The file may end before it, if the last pages are free. */
  readonly lastPage: number
  /** The transaction that wrote the state. */
  readonly transaction: bigint
  /** The main database. */
  readonly main: Tree
}

/** Bytes of what a meta page holds behind its header. */
const metaBytes = 136

/**
 * The newest state of an open file: that of the newer one of its two meta pages. As in LMDB, a file with one damaged meta page is
 * refused: the other one may be of an older state.
 * @throws {CascadeError} of code `data` if it is no LMDB file or is damaged; of code `unsupported` if it is of another version or kind.
 */
export async function readSnapshot(path: string, read: ReadBytes, size: number): Promise<Snapshot> {
  if (size < layout3.header + metaBytes)
    throw new CascadeError('data', `${path}: expected an LMDB file, got ${size} bytes`)
  const first = bufferOf(await read(0, layout3.header + metaBytes))
  const layout = layoutOf(path, first)
  const pageSize = first.readUInt32LE(layout.header + 24)
  if (pageSize < 256 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0)
    throw damaged(`${path}: page 0`, 'pages of 256 to 65536 bytes, a power of 2', `${pageSize}`)
  if (size < 2 * pageSize) throw damaged(path, `at least two pages of ${pageSize} bytes`, `${size} bytes`)
  const second = bufferOf(await read(pageSize, layout.header + metaBytes))
  const metas = [first, second].map((bytes, page) => readMeta(path, page, bytes, { layout, pageSize }))
  const [a, b] = metas.map(({ transaction }) => transaction) as [bigint, bigint]
  const inARow = a === b ? a === 0n : a - b === 1n || b - a === 1n
  if (!inARow)
    throw new CascadeError(
      'data',
      `${path}: expected meta pages of two transactions in a row, got ${a} and ${b}: it is damaged, or a program is changing it`,
    )
  const newest = a >= b ? metas[0]! : metas[1]!
  if (layout.version === 3) await refuseGuarded(read, newest)
  return newest
}

const magic = 0xbeefc0de

/** The layout, by the place of the magic number. @throws if there is none, or it is of a file that cannot be read. */
function layoutOf(path: string, bytes: Buffer): Layout {
  const at = [layout1.header, layout3.header, 12].find((place) => bytes.readUInt32LE(place) === magic)
  const bigEndian = [layout1.header, layout3.header, 12].some((place) => bytes.readUInt32BE(place) === magic)
  const unsupported = (got: string, advice: string) =>
    new CascadeError('unsupported', `${path}: expected an LMDB file of data format 1 or 3, got ${got}: ${advice}`)
  const anew = 'write it anew, by mdb_dump on such a machine and mdb_load on this one'
  if (bigEndian) throw unsupported('one of a big-endian machine', anew)
  if (at === undefined) throw new CascadeError('data', `${path}: expected an LMDB file, got another or a damaged one`)
  if (at === 12) throw unsupported('one of a 32-bit machine', anew)
  const version = bytes.readUInt32LE(at + 4)
  const layout = at === layout1.header ? layout1 : layout3
  if (version === layout.version) return layout
  if (version === 2 && layout === layout3)
    throw unsupported(
      "format 2, that of npm's lmdb",
      'copy its entries to a new file by a program that reads it by npm lmdb and writes by LMDB 0.9 (python lmdb, mdb_load)',
    )
  throw unsupported(`format ${version}`, 'copy its entries to a new file by the LMDB that wrote it and mdb_load of 0.9')
}

function readMeta(
  path: string,
  page: number,
  bytes: Buffer,
  { layout, pageSize }: Pick<Snapshot, 'layout' | 'pageSize'>,
): Snapshot {
  const where = `${path}: page ${page}`
  const meta = bytes.subarray(layout.header)
  const kind = bytes.readUInt16LE(layout.header - 6) & pageKinds
  if (kind !== pageKind.meta || readNumber(bytes, 0) !== page || meta.readUInt32LE(0) !== magic)
    throw damaged(where, 'a meta page', 'another')
  if (meta.readUInt32LE(4) !== layout.version || meta.readUInt32LE(24) !== pageSize)
    throw damaged(
      where,
      `format ${layout.version} and pages of ${pageSize} bytes, as page 0 has`,
      `${meta.readUInt32LE(4)} and ${meta.readUInt32LE(24)}`,
    )
  const lastPage = readNumber(meta, 120)
  if (lastPage < 1 || lastPage * pageSize > Number.MAX_SAFE_INTEGER)
    throw damaged(where, 'the number of the last page', `${lastPage}`)
  const main = readTree(where, meta.subarray(72, 72 + treeBytes), lastPage)
  return { path, layout, pageSize, lastPage, transaction: meta.readBigUInt64LE(128), main }
}

/** @throws if pages are encrypted or have checksums, as LMDB 1.0 can write them. */
async function refuseGuarded(read: ReadBytes, { path, layout, pageSize }: Snapshot): Promise<void> {
  const page = bufferOf(await read(0, pageSize))
  const encrypted = (page.readUInt16LE(layout.header + 28) & 0x2000) !== 0
  if (encrypted || page.readUInt16LE(pageSize - 2) !== 0)
    throw new CascadeError(
      'unsupported',
      `${path}: expected plain pages, got ${encrypted ? 'encrypted ones' : 'ones with checksums'}: ` +
        'copy its entries to a new file by the LMDB that wrote it',
    )
}
