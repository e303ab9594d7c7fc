import type { CompressionCodec, Encoding, PageHeader, ParquetType } from 'hyparquet'
import type { ReadBytes } from '../reading/file-bytes.ts'
import { thriftEnd } from './check-thrift.ts'

/** The values of one column in one row group: where they are in the file. */
export interface Chunk {
  readonly start: number
  readonly bytes: number
  readonly rows: number
  readonly codec: CompressionCodec
  readonly type: ParquetType
  /** The definition level of a value that is there; 0 if there are no nulls. */
  readonly maxLevel: number
  /** Where the list of its pages is, if the file has one. */
  readonly offsetIndex?: { readonly start: number; readonly bytes: number }
}

/** Where the data pages of a chunk begin, and the row that each begins with. */
export interface Pages {
  readonly starts: Float64Array
  readonly firstRows: Float64Array
  /** The dictionary page, if there is one. */
  readonly dictionary?: number
}

/** A page whose header has been read. */
export interface Page {
  readonly kind: 'data' | 'data-v2' | 'dictionary' | 'other'
  /** The first byte after the header. */
  readonly start: number
  /** The bytes after the header. */
  readonly bytes: number
  readonly uncompressedBytes: number
  /** The values, nulls included. */
  readonly count: number
  readonly encoding: Encoding
  /** Whether its values are compressed, by the codec of the chunk. */
  readonly compressed: boolean
  /** Of version 2: the bytes of its definition levels, which come first and are never compressed. */
  readonly levelBytes: number
}

/** Page headers are rarely longer. Those with statistics of long values are. */
const usualHeaderBytes = 256
const maxHeaderBytes = 1 << 24

/**
 * Reads the header of the page that begins at `start`.
 * @throws unless there is one, of a page that ends in the chunk.
 */
export async function readPageHeader(read: ReadBytes, chunk: Chunk, start: number): Promise<Page> {
  const { parquetHeader } = await import('hyparquet/src/column.js')
  const end = chunk.start + chunk.bytes
  for (let length = usualHeaderBytes; ; length *= 8) {
    const bytes = await read(start, Math.max(0, Math.min(length, end - start)))
    const headerBytes = thriftEnd(bytes)
    if (headerBytes === undefined) {
      if (bytes.length < length || length >= maxHeaderBytes)
        throw new Error(`the header of the page at ${start} is cut short`)
      continue
    }
    const header = parquetHeader({ view: new DataView(bytes.buffer, bytes.byteOffset, headerBytes), offset: 0 })
    const page = pageOf(header, chunk, start + headerBytes)
    // Damaged headers have fields of other types.
    for (const number of [page.bytes, page.uncompressedBytes, page.count, page.levelBytes])
      if (!(Number.isSafeInteger(number) && number >= 0))
        throw new Error(`the header of the page at ${start} claims a size of ${number}`)
    if (page.start + page.bytes > end)
      throw new Error(`the page at ${start} claims ${page.bytes} bytes, beyond its column's end at ${end}`)
    return page
  }
}

function pageOf(header: PageHeader, chunk: Chunk, start: number): Page {
  const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: dictionary } = header
  const isCompressed = chunk.codec !== 'UNCOMPRESSED'
  const shared = { start, bytes: header.compressed_page_size, uncompressedBytes: header.uncompressed_page_size }
  if (header.type === 'DATA_PAGE' && v1)
    return {
      ...shared,
      kind: 'data',
      count: v1.num_values,
      encoding: v1.encoding,
      compressed: isCompressed,
      levelBytes: 0,
    }
  if (header.type === 'DATA_PAGE_V2' && v2) {
    const [levels, repetitions] = [v2.definition_levels_byte_length, v2.repetition_levels_byte_length]
    if (!(levels >= 0 && levels <= shared.bytes && repetitions === 0))
      throw new Error(`the page before ${start} claims ${levels} and ${repetitions} bytes of levels`)
    const compressed = isCompressed && v2.is_compressed !== false
    return { ...shared, kind: 'data-v2', count: v2.num_values, encoding: v2.encoding, compressed, levelBytes: levels }
  }
  const { num_values: count = 0, encoding = 'PLAIN' } = dictionary ?? {}
  const kind = header.type === 'DICTIONARY_PAGE' ? 'dictionary' : 'other'
  return { ...shared, kind, count, encoding, compressed: isCompressed, levelBytes: 0 }
}

/** Finds the pages of a chunk: by the file's index of pages if it has one, else by the header of each. */
export async function findPages(read: ReadBytes, chunk: Chunk): Promise<Pages> {
  const indexed = chunk.offsetIndex && (await indexedPages(read, chunk, chunk.offsetIndex))
  if (indexed) return indexed
  const [starts, firstRows]: [number[], number[]] = [[], []]
  let dictionary: number | undefined
  let row = 0
  for (let at = chunk.start; row < chunk.rows; ) {
    const page = await readPageHeader(read, chunk, at)
    if (page.kind === 'dictionary') dictionary = at
    if (page.kind === 'data' || page.kind === 'data-v2') {
      starts.push(at)
      firstRows.push(row)
      row += page.count
    }
    at = page.start + page.bytes
  }
  if (row !== chunk.rows) throw new Error(`its pages have ${row} values, the row group has ${chunk.rows} rows`)
  return { starts: Float64Array.from(starts), firstRows: Float64Array.from(firstRows), dictionary }
}

async function indexedPages(
  read: ReadBytes,
  chunk: Chunk,
  place: { readonly start: number; readonly bytes: number },
): Promise<Pages> {
  const bytes = await read(place.start, place.bytes)
  if (thriftEnd(bytes) === undefined) throw new Error(`its index of pages at ${place.start} is cut short`)
  const { readOffsetIndex } = await import('hyparquet')
  const { page_locations: pages } = readOffsetIndex({ view: new DataView(bytes.buffer), offset: 0 })
  const starts = Float64Array.from(pages, ({ offset }) => Number(offset))
  const firstRows = Float64Array.from(pages, ({ first_row_index }) => Number(first_row_index))
  const end = chunk.start + chunk.bytes
  const fits = starts.every((start, i) => {
    const before = i === 0 ? chunk.start - 1 : (starts[i - 1] as number)
    const rowBefore = i === 0 ? -1 : (firstRows[i - 1] as number)
    const row = firstRows[i] as number
    return start > before && start < end && row > rowBefore && row < chunk.rows
  })
  if (!fits || (chunk.rows > 0 && firstRows[0] !== 0))
    throw new Error(`its index of pages at ${place.start} does not fit its ${chunk.rows} rows and ${chunk.bytes} bytes`)
  const [first] = starts
  return { starts, firstRows, dictionary: first !== undefined && first > chunk.start ? chunk.start : undefined }
}
