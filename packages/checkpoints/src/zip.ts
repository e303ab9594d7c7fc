import { crc32, inflateRawSync } from 'node:zlib'
import type { ByteSource } from './byte-source.ts'

/** A zip archive, opened for reading its entries one by one. */
export interface Zip {
  readonly names: readonly string[]
  /** The bytes of an entry. @throws if there is none of that name, or its checksum does not fit. */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>
}

interface Entry {
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly offset: number
}

const endBytes = 22
const locatorBytes = 20
const is64 = 0xffffffff

/**
 * Reads the directory of a zip archive (PKWARE APPNOTE 4.3; zip64 too).
 * @throws if the archive is cut short or inconsistent, or its entries claim more bytes than the file has.
 */
export async function openZip(source: ByteSource): Promise<Zip> {
  const { count, bytes, offset } = await findDirectory(source)
  const directory = new DataView((await source.read(offset, bytes)).buffer)
  const entries = new Map<string, Entry>()
  let at = 0
  let packed = 0
  for (let i = 0; i < count; i++) {
    expectSignature(directory, at, 0x02014b50, 46)
    const nameBytes = directory.getUint16(at + 28, true)
    const extraBytes = directory.getUint16(at + 30, true)
    const next = at + 46 + nameBytes + extraBytes + directory.getUint16(at + 32, true)
    if (next > bytes) throw new Error('zip: the directory is cut short')
    const name = new TextDecoder().decode(new Uint8Array(directory.buffer, at + 46, nameBytes))
    const entry = parseEntry(directory, at, new DataView(directory.buffer, at + 46 + nameBytes, extraBytes))
    if (entries.has(name)) throw new Error(`zip: expected one entry '${name}', got two`)
    entries.set(name, entry)
    packed += entry.packed
    at = next
  }
  if (packed > source.size) throw new Error(`zip: entries hold ${packed} bytes in a file of ${source.size}: corrupt`)
  return {
    names: [...entries.keys()],
    read: (name) => {
      const entry = entries.get(name)
      if (!entry) throw new Error(`zip: expected an entry '${name}', there is none`)
      return readEntry(source, name, entry)
    },
  }
}

/** Finds the central directory from the record at the end of the file, which a comment may follow. */
async function findDirectory(source: ByteSource): Promise<{ count: number; bytes: number; offset: number }> {
  const tail = Math.min(source.size, endBytes + 0xffff + locatorBytes)
  const tailStart = source.size - tail
  const view = new DataView((await source.read(tailStart, tail)).buffer)
  let end = tail - endBytes
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--
  if (end < 0) throw new Error('zip: expected a zip archive, found no end record: another format, or cut short')
  const record = {
    count: view.getUint16(end + 10, true),
    bytes: view.getUint32(end + 12, true),
    offset: view.getUint32(end + 16, true),
  }
  const locator = end - locatorBytes
  if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) return record
  const end64 = new DataView((await source.read(Number(view.getBigUint64(locator + 8, true)), 56)).buffer)
  expectSignature(end64, 0, 0x06064b50, 56)
  const field = (at: number) => Number(end64.getBigUint64(at, true))
  return { count: field(32), bytes: field(40), offset: field(48) }
}

/** Sizes and offset that do not fit 32 bits stand, in this order, in the extra field 1. */
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

async function readEntry(source: ByteSource, name: string, { method, crc, packed, size, offset }: Entry) {
  const local = new DataView((await source.read(offset, 30)).buffer)
  expectSignature(local, 0, 0x04034b50, 30)
  const start = offset + 30 + local.getUint16(26, true) + local.getUint16(28, true)
  const stored = await source.read(start, packed)
  const bytes = method === 0 ? stored : method === 8 ? inflate(name, stored, size) : undefined
  if (!bytes) throw new Error(`zip: entry '${name}': expected method 0 (stored) or 8 (deflate), got ${method}`)
  if (bytes.length !== size) throw new Error(`zip: entry '${name}': expected ${size} bytes, got ${bytes.length}`)
  const actual = crc32(bytes)
  if (actual !== crc) throw new Error(`zip: entry '${name}' is corrupt: expected CRC-32 ${crc}, got ${actual}`)
  return bytes
}

function inflate(name: string, packed: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  try {
    // A copy: Node's buffers start anywhere in a pool, and elements need alignment.
    return new Uint8Array(inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) }))
  } catch (cause) {
    throw new Error(`zip: entry '${name}' does not inflate: ${(cause as Error).message}`, { cause })
  }
}

function expectSignature(view: DataView, at: number, signature: number, bytes: number): void {
  if (at + bytes > view.byteLength || view.getUint32(at, true) !== signature)
    throw new Error(`zip: expected signature ${signature.toString(16)} at ${at}: corrupt`)
}
