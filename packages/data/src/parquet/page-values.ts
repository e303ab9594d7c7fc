import type { ReadBytes } from '../reading/file-bytes.ts'
import { decompress } from './decompress.ts'
import { readDeltaBytes, readDeltaLengths, readDeltas } from './delta.ts'
import { readHybrid } from './levels.ts'
import { type Chunk, findPages, type Page, readPageHeader } from './pages.ts'

/** A value of a column: bytes, a whole number (booleans are 0 and 1), or nothing. */
export type Value = Uint8Array | number | undefined

/** Which of the values of a page are there, if some are not; and where the bytes of those begin. */
interface Present {
  readonly present?: Uint8Array
  readonly count: number
  readonly start: number
}

/**
 * Reads the definition levels of a data page from its first bytes, once decompressed.
 * @throws if they are cut short.
 */
export function readPresent(bytes: Uint8Array, page: Page, maxLevel: number): Present {
  if (maxLevel === 0) return { count: page.count, start: page.levelBytes }
  const isV2 = page.kind === 'data-v2'
  const from = isV2 ? 0 : 4
  if (bytes.length < from) throw new Error('its definition levels are cut short')
  const length = isV2 ? page.levelBytes : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (from + length > bytes.length) throw new Error(`its definition levels claim ${length} bytes`)
  const levels = readHybrid(bytes.subarray(from, from + length), 32 - Math.clz32(maxLevel), page.count)
  const present = Uint8Array.from(levels, (level) => Number(level === maxLevel))
  const count = present.reduce((sum, one) => sum + one, 0)
  return { present: count < page.count ? present : undefined, count, start: from + length }
}

/** The values of a dictionary page. */
export async function readDictionary(read: ReadBytes, chunk: Chunk, start: number): Promise<Value[]> {
  const page = await readPageHeader(read, chunk, start)
  if (page.kind !== 'dictionary') throw new Error(`expected a dictionary at ${start}`)
  const packed = await read(page.start, page.bytes)
  const bytes = page.compressed ? await decompress(chunk.codec, packed, page.uncompressedBytes) : packed
  return plainValues(bytes, chunk, page.count)
}

/** The values of a data page. @param dictionary is asked for if the page refers to it. */
export async function readPage(
  read: ReadBytes,
  chunk: Chunk,
  page: Page,
  dictionary: () => Promise<readonly Value[]>,
): Promise<Value[]> {
  if (page.count > chunk.rows) throw new Error(`a page claims ${page.count} values of ${chunk.rows} rows`)
  const packed = await read(page.start, page.bytes)
  // Of version 2, the levels are not compressed.
  const rest = packed.subarray(page.levelBytes)
  const unpacked = page.compressed
    ? await decompress(chunk.codec, rest, page.uncompressedBytes - page.levelBytes)
    : rest
  const levels = page.kind === 'data-v2' ? packed : unpacked
  const { present, count, start } = readPresent(levels, page, chunk.maxLevel)
  const values = await decode(unpacked.subarray(page.kind === 'data-v2' ? 0 : start), chunk, page, count, dictionary)
  if (!present) return values
  let next = 0
  return Array.from(present, (one) => (one ? values[next++] : undefined))
}

async function decode(
  bytes: Uint8Array,
  chunk: Chunk,
  { encoding }: Page,
  count: number,
  dictionary: () => Promise<readonly Value[]>,
): Promise<Value[]> {
  if (count === 0) return []
  if (encoding === 'PLAIN') return plainValues(bytes, chunk, count)
  if (encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') {
    const values = await dictionary()
    return Array.from(readHybrid(bytes.subarray(1), bytes[0] ?? 0, count), (index) => {
      if (index < values.length) return values[index]
      throw new Error(`expected an index into a dictionary of ${values.length} values, got ${index}`)
    })
  }
  if (encoding === 'RLE' && chunk.type === 'BOOLEAN') return [...readHybrid(bytes.subarray(4), 1, count)]
  if (encoding === 'DELTA_BINARY_PACKED') return readDeltas(bytes, count, chunk.type === 'INT32' ? 32 : 64).numbers
  if (encoding === 'DELTA_LENGTH_BYTE_ARRAY') return readDeltaLengths(bytes, count)
  if (encoding === 'DELTA_BYTE_ARRAY') return readDeltaBytes(bytes, count)
  throw new Error(`the encoding ${encoding} is not supported`)
}

function plainValues(bytes: Uint8Array, { type }: Chunk, count: number): Value[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const least = { INT32: 4, INT64: 8, BYTE_ARRAY: 4, BOOLEAN: 1 / 8 }[type as string]
  if (least === undefined) throw new Error(`values of type ${type} are not supported`)
  if (count * least > bytes.length) throw new Error(`${bytes.length} bytes are too few for ${count} values`)
  if (type === 'INT32') return Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true))
  if (type === 'INT64') return Array.from({ length: count }, (_, i) => Number(view.getBigInt64(8 * i, true)))
  if (type === 'BOOLEAN') return Array.from({ length: count }, (_, i) => ((bytes[i >> 3] as number) >> (i & 7)) & 1)
  let at = 0
  return Array.from({ length: count }, () => {
    if (at + 4 > bytes.length) throw new Error('its values are cut short')
    const length = view.getUint32(at, true)
    const start = at + 4
    at = start + length
    if (at > bytes.length) throw new Error(`a value claims ${length} bytes, beyond the end of its page`)
    return bytes.subarray(start, at)
  })
}

/** All values of a chunk, page by page. For small columns: labels, names. */
export async function readChunk(read: ReadBytes, chunk: Chunk): Promise<Value[]> {
  const { starts, dictionary } = await findPages(read, chunk)
  let words: Promise<Value[]> | undefined
  const dictionaryOf = () => (words ??= readDictionary(read, chunk, dictionary ?? chunk.start))
  const values: Value[] = []
  for (const start of starts) {
    const page = await readPageHeader(read, chunk, start)
    for (const value of await readPage(read, chunk, page, dictionaryOf)) values.push(value)
  }
  if (values.length !== chunk.rows)
    throw new Error(`it has ${values.length} values, the row group has ${chunk.rows} rows`)
  return values
}
