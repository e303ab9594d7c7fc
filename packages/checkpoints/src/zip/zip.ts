import { constants, crc32, inflateRawSync } from 'node:zlib'
import { CascadeError } from '@cascade-diffusion/checks'
import { checkedBytes, type Piece, readPieces } from '../arrays/read-array.ts'
import { shorten } from '../json/json.ts'
import { type ByteSource, bytesSource, checkRange, readBytes, sliceSource } from '../sources/byte-source.ts'
import { inflateOptions } from './inflate-options.ts'

/** A zip archive whose entries are read one by one. */
export interface Zip {
  readonly names: readonly string[]
  /** The bytes of an entry. @throws if there is no such entry, or its checksum differs. */
  read(name: string, maxBytes?: number): Promise<Uint8Array<ArrayBuffer>>
  /** The number of bytes of an entry. @throws if there is no such entry. */
  sizeOf(name: string): number
  /**
   * About n of the first bytes of an entry, unverified; more or fewer if they are compressed. @throws if they do not
   * inflate.
   */
  readStart(name: string, bytes: number): Promise<Uint8Array>
  /** Where the bytes of an entry begin in the archive; undefined if they are compressed. @throws as {@link Zip.read}. */
  positionOf(name: string): Promise<number | undefined>
  /** An entry for reading in parts. @throws as {@link Zip.read}, except for the checksum, which `verify` checks. */
  open(name: string): Promise<ZipEntry>
}

/** The bytes of an entry: a part of the archive if they are stored, otherwise inflated in memory. */
export interface ZipEntry {
  readonly source: ByteSource
  /** Checks a CRC-32 of all bytes. @throws if it differs from that of the archive. */
  verify(crc: number): void
}

interface Entry {
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly offset: number
}

/** The most bytes that the entries of an archive inflate to: this many, or this many times their compressed bytes. */
const maxInflatedBytes = 1 << 28
const maxInflation = 32

/** The most entries, and the most bytes of their directory. */
const maxEntries = 1_000_000
const maxDirectoryBytes = 1 << 28

const endBytes = 22
const locatorBytes = 20
const is64 = 0xffffffff

/**
 * Reads the directory of a zip archive (PKWARE APPNOTE 4.3; zip64 too).
 * @throws if the archive is cut short or inconsistent, its entries overlap, or they would inflate beyond the limits.
 */
export async function openZip(source: ByteSource): Promise<Zip> {
  const { count, bytes, offset } = await findDirectory(source)
  if (count > maxEntries || bytes > maxDirectoryBytes)
    throw new CascadeError(
      'checkpoint',
      `zip: expected at most ${maxEntries} entries in ${maxDirectoryBytes} bytes, got ${count} in ${bytes}`,
    )
  const directory = new DataView((await readBytes(source, offset, bytes)).buffer)
  const entries = new Map<string, Entry>()
  let at = 0
  for (let i = 0; i < count; i++) {
    expectSignature(directory, at, 0x02014b50, 46)
    const nameBytes = directory.getUint16(at + 28, true)
    const extraBytes = directory.getUint16(at + 30, true)
    const next = at + 46 + nameBytes + extraBytes + directory.getUint16(at + 32, true)
    if (next > bytes) throw new CascadeError('checkpoint', 'zip: the directory is cut short')
    const name = new TextDecoder().decode(new Uint8Array(directory.buffer, at + 46, nameBytes))
    const entry = parseEntry(directory, at, new DataView(directory.buffer, at + 46 + nameBytes, extraBytes))
    if (entries.has(name)) throw new CascadeError('checkpoint', `zip: expected one entry '${shorten(name)}', got two`)
    entries.set(name, entry)
    at = next
  }
  checkEntries([...entries.values()], source.size)
  // PyTorch can write zeros in place of checksums (torch.serialization.set_crc32_options(False)).
  const isChecked = [...entries.values()].some(({ crc }) => crc !== 0)
  const find = (name: string): Entry => {
    const entry = entries.get(name)
    if (!entry) throw new CascadeError('checkpoint', `zip: expected an entry '${shorten(name)}', there is none`)
    return entry
  }
  const open = async (name: string): Promise<ZipEntry> => openEntry(source, name, find(name), isChecked)
  return {
    names: [...entries.keys()],
    open,
    sizeOf: (name) => find(name).size,
    async positionOf(name) {
      const entry = find(name)
      const position = await placeOf(source, labelOf(name), entry)
      if (entry.method !== 0) return undefined
      checkRange(source, position, entry.size)
      return position
    },
    readStart: async (name, bytes) => startOf(source, name, find(name), bytes),
    async read(name, maxBytes = Number.POSITIVE_INFINITY) {
      const entry = await open(name)
      const { size } = entry.source
      if (size > maxBytes)
        throw new CascadeError(
          'checkpoint',
          `zip: entry '${shorten(name)}': expected at most ${maxBytes} bytes, got ${size}`,
        )
      const content = new Uint8Array(size)
      let crc = 0
      await readPieces(entry.source, piecesOf(content), (bytes) => {
        crc = crc32(bytes, crc)
      })
      entry.verify(crc)
      return content
    },
  }
}

function* piecesOf(content: Uint8Array<ArrayBuffer>): Generator<Piece> {
  for (let offset = 0; offset < content.length; offset += checkedBytes)
    yield { offset, bytes: content.subarray(offset, offset + checkedBytes) }
}

/** Entries may not share bytes, and their inflated size is limited. */
function checkEntries(entries: readonly Entry[], fileBytes: number): void {
  let end = 0
  let packed = 0
  let size = 0
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    packed += entry.packed
    size += entry.size
    if (packed > fileBytes)
      throw new CascadeError('checkpoint', `zip: entries have ${packed} bytes in a file of ${fileBytes}: corrupt`)
    if (entry.offset < end) throw new CascadeError('checkpoint', 'zip: entries overlap: corrupt or malicious')
    end = entry.offset + localBytes + entry.packed
  }
  const most = Math.max(maxInflatedBytes, maxInflation * packed)
  if (size > most)
    throw new CascadeError(
      'checkpoint',
      `zip: expected ${packed} bytes to inflate to ${most} at most, the directory claims ${size}`,
    )
}

/** The local header of an entry, without its name. */
const localBytes = 30

/** Finds the central directory from the record at the end of the file, which a comment may follow. */
async function findDirectory(source: ByteSource): Promise<{ count: number; bytes: number; offset: number }> {
  const tail = Math.min(source.size, endBytes + 0xffff + locatorBytes)
  const tailStart = source.size - tail
  const view = new DataView((await readBytes(source, tailStart, tail)).buffer)
  let end = tail - endBytes
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--
  if (end < 0)
    throw new CascadeError(
      'checkpoint',
      'zip: expected a zip archive, found no end record: another format, or cut short',
    )
  const record = {
    count: view.getUint16(end + 10, true),
    bytes: view.getUint32(end + 12, true),
    offset: view.getUint32(end + 16, true),
  }
  const locator = end - locatorBytes
  if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) return record
  const end64 = new DataView((await readBytes(source, Number(view.getBigUint64(locator + 8, true)), 56)).buffer)
  expectSignature(end64, 0, 0x06064b50, 56)
  const field = (at: number) => Number(end64.getBigUint64(at, true))
  return { count: field(32), bytes: field(40), offset: field(48) }
}

/** Sizes and offsets beyond 32 bits are, in this order, in the extra field 1. */
function parseEntry(directory: DataView, at: number, extra: DataView): Entry {
  const wide: number[] = []
  for (let i = 0; i + 4 <= extra.byteLength; i += 4 + extra.getUint16(i + 2, true)) {
    const end = Math.min(i + 4 + extra.getUint16(i + 2, true), extra.byteLength)
    if (extra.getUint16(i, true) === 1)
      for (let j = i + 4; j + 8 <= end; j += 8) wide.push(Number(extra.getBigUint64(j, true)))
  }
  const field = (offset: number) => {
    const value = directory.getUint32(at + offset, true)
    return value === is64 ? (wide.shift() ?? value) : value
  }
  const size = field(24)
  return {
    method: directory.getUint16(at + 10, true),
    crc: directory.getUint32(at + 16, true),
    size,
    packed: field(20),
    offset: field(42),
  }
}

async function openEntry(source: ByteSource, name: string, entry: Entry, isChecked: boolean): Promise<ZipEntry> {
  const { method, crc, packed, size } = entry
  const what = labelOf(name)
  const start = await placeOf(source, what, entry)
  const verify = (actual: number) => {
    if (isChecked && actual !== crc)
      throw new CascadeError('checkpoint', `${what} is corrupt: expected CRC-32 ${crc}, got ${actual}`)
  }
  const content = method === 0 ? undefined : inflate(what, await readBytes(source, start, packed), size)
  const actual = content?.length ?? packed
  if (actual !== size) throw new CascadeError('checkpoint', `${what}: expected ${size} bytes, got ${actual}`)
  return { verify, source: content ? bytesSource(content) : sliceSource(source, start, packed) }
}

const labelOf = (name: string) => `zip: entry '${shorten(name)}'`

/** The place of the bytes of an entry. @throws unless its local header is there, and they are stored or deflated. */
async function placeOf(source: ByteSource, what: string, { method, offset }: Entry): Promise<number> {
  const local = new DataView((await readBytes(source, offset, localBytes)).buffer)
  expectSignature(local, 0, 0x04034b50, localBytes)
  if (method !== 0 && method !== 8)
    throw new CascadeError('checkpoint', `${what}: expected method 0 (stored) or 8 (deflate), got ${method}`)
  return offset + localBytes + local.getUint16(26, true) + local.getUint16(28, true)
}

async function startOf(source: ByteSource, name: string, entry: Entry, bytes: number): Promise<Uint8Array> {
  const what = labelOf(name)
  const start = await placeOf(source, what, entry)
  if (entry.method === 0) return readBytes(source, start, Math.min(bytes, entry.packed))
  // Deflate hardly makes data longer, except for its tables.
  const part = await readBytes(source, start, Math.min(2 * bytes + 256, entry.packed))
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: Math.max(entry.size, 1) }
  return inflating(what, () => inflateRawSync(part, options))
}

const inflate = (what: string, packed: Uint8Array, size: number): Uint8Array =>
  inflating(what, () => inflateRawSync(packed, inflateOptions(packed, size)))

function inflating(what: string, run: () => Uint8Array): Uint8Array {
  try {
    return run()
  } catch (cause) {
    throw new CascadeError('checkpoint', `${what} does not inflate: ${(cause as Error).message}`)
  }
}

function expectSignature(view: DataView, at: number, signature: number, bytes: number): void {
  if (at + bytes > view.byteLength || view.getUint32(at, true) !== signature)
    throw new CascadeError('checkpoint', `zip: expected signature ${signature.toString(16)} at ${at}: corrupt`)
}
