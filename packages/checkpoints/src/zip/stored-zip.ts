/** An entry of an archive whose size is known before its bytes are. */
export interface StoredEntry {
  readonly name: string
  /** The number of its bytes. */
  readonly bytes: number
}

/** Bytes, and where they are in a file. */
export interface PlacedBytes {
  readonly position: number
  readonly bytes: Uint8Array
}

/** A zip archive of entries that are not compressed, before their bytes are known. */
export interface StoredZip {
  /** Where the bytes of each entry begin in the file. */
  readonly positions: readonly number[]
  /** The bytes of the whole file. */
  readonly size: number
  /** All of the file but the bytes of the entries. @param crcs the CRC-32 of each entry. */
  frame(crcs: readonly number[]): readonly PlacedBytes[]
}

/** The first number that a 32-bit field cannot hold: as a value it says that the extra field has the number. */
const wide = 0xffffffff

const encoder = new TextEncoder()

/**
 * Lays out a zip archive of stored entries (PKWARE APPNOTE 4.3), with zip64 fields where a number needs them. Every time
 * is 1980-01-01, so that the same entries give the same bytes.
 */
export function storedZip(entries: readonly StoredEntry[]): StoredZip {
  const positions: number[] = []
  let end = 0
  const placed = entries.map(({ name, bytes }) => {
    const entry = { name: encoder.encode(name), bytes, offset: end, isWide: bytes >= wide }
    const start = end + 30 + entry.name.length + (entry.isWide ? 20 : 0)
    positions.push(start)
    end = start + bytes
    return entry
  })
  const directory = (crcs: readonly number[]) => joined(placed.map((entry, i) => central(entry, crcs[i]!)))
  const length = directory(entries.map(() => 0)).length
  const tail = endRecords(entries.length, end, length)
  return {
    positions,
    size: end + length + tail.length,
    frame: (crcs) => [
      ...placed.map((entry, i) => ({ position: entry.offset, bytes: local(entry, crcs[i]!) })),
      { position: end, bytes: joined([directory(crcs), tail]) },
    ],
  }
}

interface PlacedEntry {
  readonly name: Uint8Array
  readonly bytes: number
  /** Where its local header begins. */
  readonly offset: number
  readonly isWide: boolean
}

/** What both headers of an entry share, from the version that can extract it to the length of its extra field. */
function shared(entry: PlacedEntry, crc: number, extra: number): Field[] {
  const size = entry.isWide ? wide : entry.bytes
  // Version, flags, method 0 (stored), time, date, CRC-32, both sizes, lengths of the name and of the extra field.
  return [
    u16(extra ? 45 : 20),
    u16(0),
    u16(0),
    u16(0),
    u16(0x21),
    u32(crc),
    u32(size),
    u32(size),
    u16(entry.name.length),
    u16(extra),
  ]
}

function local(entry: PlacedEntry, crc: number): Uint8Array {
  const extra = entry.isWide ? [u16(1), u16(16), u64(entry.bytes), u64(entry.bytes)] : []
  return joined([packed([u32(0x04034b50), ...shared(entry, crc, entry.isWide ? 20 : 0)]), entry.name, packed(extra)])
}

function central(entry: PlacedEntry, crc: number): Uint8Array {
  const isFar = entry.offset >= wide
  const numbers = [...(entry.isWide ? [u64(entry.bytes), u64(entry.bytes)] : []), ...(isFar ? [u64(entry.offset)] : [])]
  const extra = numbers.length > 0 ? [u16(1), u16(8 * numbers.length), ...numbers] : []
  return joined([
    // The version that made it, then no comment, the first disk, and no attributes.
    packed([u32(0x02014b50), u16(45), ...shared(entry, crc, numbers.length > 0 ? 4 + 8 * numbers.length : 0)]),
    packed([u16(0), u16(0), u16(0), u32(0), u32(isFar ? wide : entry.offset)]),
    entry.name,
    packed(extra),
  ])
}

/** The end of the directory: its zip64 form and where that is, if an offset needs them, and the plain one. */
function endRecords(count: number, offset: number, length: number): Uint8Array {
  const isFar = offset >= wide
  const end64 = [
    ...[u32(0x06064b50), u64(44), u16(45), u16(45), u32(0), u32(0)],
    ...[u64(count), u64(count), u64(length), u64(offset)],
    ...[u32(0x07064b50), u32(0), u64(offset + length), u32(1)],
  ]
  const end = [u32(0x06054b50), u16(0), u16(0), u16(count), u16(count), u32(length), u32(isFar ? wide : offset), u16(0)]
  return packed([...(isFar ? end64 : []), ...end])
}

/** A number of some bytes, little-endian. */
type Field = readonly [bytes: 2 | 4 | 8, value: number]

const u16 = (value: number): Field => [2, value]
const u32 = (value: number): Field => [4, value]
const u64 = (value: number): Field => [8, value]

function packed(fields: readonly Field[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((sum, [bytes]) => sum + bytes, 0))
  const view = new DataView(out.buffer)
  let at = 0
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true)
    else if (bytes === 4) view.setUint32(at, value, true)
    else view.setBigUint64(at, BigInt(value), true)
    at += bytes
  }
  return out
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
