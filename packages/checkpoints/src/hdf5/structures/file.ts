import { CascadeError } from '@cascade-diffusion/checks'
import { type ByteSource, checkRange, readBytes } from '../../sources/byte-source.ts'
import { Cursor, textOf, type Widths } from './cursor.ts'

/** An HDF5 file whose structures are read one by one. */
export interface Hdf5 {
  readonly source: ByteSource
  readonly widths: Widths
  /** The structure at an address. @throws if it reaches past the end of the file. */
  read(address: number | undefined, bytes: number): Promise<Cursor>
  /** Counts bytes that were derived from the file. @throws if they exceed the structures of a valid file. */
  spend(bytes: number): void
}

/** The structures read may have this many times the size of the file: a valid file has each read once or twice. */
const maxRereading = 4

/** Structures are close together: this many bytes are read at a time, and the last few such pages kept. */
const pageBytes = 16384
const maxPages = 8

/** The structures of a file, for one pass over some of them. */
export function structures(source: ByteSource, widths: Widths): Hdf5 {
  let spent = 0
  const pages = new Map<number, Uint8Array<ArrayBuffer>>()
  const readPage = async (page: number) => {
    const start = page * pageBytes
    const bytes = await readBytes(source, start, Math.min(pageBytes, source.size - start))
    if (pages.size === maxPages) pages.delete(pages.keys().next().value!)
    pages.set(page, bytes)
    return bytes
  }
  const spend = (bytes: number) => {
    spent += bytes
    if (spent > maxRereading * source.size)
      throw new CascadeError(
        'checkpoint',
        `expected structures of fewer bytes than the file's ${source.size}, got ${spent}: corrupt`,
      )
  }
  const read = async (address: number | undefined, bytes: number) => {
    if (address === undefined)
      throw new CascadeError('checkpoint', 'expected the address of a structure, got none: corrupt')
    checkRange(source, address, bytes)
    spend(bytes)
    const page = Math.floor(address / pageBytes)
    const from = address - page * pageBytes
    const held = from + bytes > pageBytes ? undefined : (pages.get(page) ?? (await readPage(page)))
    return new Cursor(held?.subarray(from, from + bytes) ?? (await readBytes(source, address, bytes)), widths)
  }
  return { source, widths, read, spend }
}

const signature = '\x89HDF\r\n\x1a\n'

/** Whether a file begins as HDF5 files do. (Files with a user block in front are not supported.) */
export const isHdf5 = (start: Uint8Array): boolean => String.fromCharCode(...start.subarray(0, 8)) === signature

/**
 * Opens an HDF5 file by its superblock (HDF5 file format 3.0, II; versions 0 to 3): its structures, and the address of
 * the root group.
 * @throws if it is cut short, has a user block, or has addresses that are not of 4 or 8 bytes.
 */
export async function openHdf5(source: ByteSource): Promise<{ file: Hdf5; root: number | undefined }> {
  const start = new Cursor(await readBytes(source, 0, Math.min(source.size, 104)), { address: 8, length: 8 })
  const first = start.bytes(Math.min(8, start.left))
  if (!isHdf5(first))
    throw new CascadeError(
      'checkpoint',
      `expected an HDF5 file, got one that begins with ${JSON.stringify(textOf(first))}`,
    )
  const version = start.version('superblock', 0, 1, 2, 3)
  if (version < 2) start.skip(4)
  const widths = { address: start.uint(1), length: start.uint(1) }
  for (const width of Object.values(widths))
    if (width !== 4 && width !== 8)
      throw new CascadeError('checkpoint', `expected addresses and lengths of 4 or 8 bytes, got ${width}`)
  start.skip(version === 0 ? 9 : version === 1 ? 13 : 1)
  const rest = new Cursor(start.bytes(start.left), widths)
  const base = rest.address()
  if (base !== 0) throw new CascadeError('checkpoint', `expected addresses from the file's first byte on, got ${base}`)
  rest.address()
  const end = rest.address()
  if (end === undefined || end > source.size)
    throw new CascadeError('checkpoint', `expected a file of ${end} bytes, got ${source.size}: cut short or corrupt`)
  if (version < 2) {
    rest.address()
    rest.address()
  }
  return { file: structures(source, widths), root: rest.address() }
}
