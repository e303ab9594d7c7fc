import { CascadeError } from '@cascade-diffusion/checks'
import type { ByteCache } from '../reading/byte-cache.ts'
import { type ReadBytes, withFile } from '../reading/file-bytes.ts'
import { once } from '../reading/once.ts'
import type { EncodedImage } from '../sources/encoded-images.ts'
import { readDictionary, readPage, readPresent, type Value } from './page-values.ts'
import { type Chunk, findPages, type Page, type Pages, readPageHeader } from './pages.ts'
import { inData } from './parquet-file.ts'

/** The encoded images of one row group. */
export interface ImageChunk {
  /**
   * Where the image of a row of the group is, or its bytes; undefined if it is null.
   * @param name what errors call it.
   */
  locate(row: number, name: string): Promise<EncodedImage | undefined>
}

/** Pages that were decompressed, and dictionaries. */
export type PageCache = ByteCache<readonly Value[]>

/** The length of an image that has not been looked for, that is null, or that is in a page to be decoded. */
const [unknown, missing, packed] = [0xffffffff, 0xfffffffe, 0xfffffffd]

/** Images longer than this are stepped over, with a small read each. Shorter ones are read through, in blocks. */
const steppedBytes = 1 << 13
const blockBytes = 1 << 16
const stepBytes = 64
/** The first read of a page: its levels, and the length of its first image. */
const firstBytes = 1 << 12

/**
 * The images of a row group. Of pages that are neither compressed nor encoded, the place of each image is found when
 * one of the page is first asked for: from the lengths between the images, without reading these. Eight bytes are kept
 * for each row. Other pages are decoded whole, and those used last are kept in the cache.
 */
export function imageChunk(path: string, column: string, group: number, chunk: Chunk, cache: PageCache): ImageChunk {
  const where = `${path}: row group ${group}, column ${column}`
  const lengths = new Uint32Array(chunk.rows).fill(unknown)
  // From the start of the chunk.
  const offsets = chunk.bytes < 2 ** 32 ? new Uint32Array(chunk.rows) : new Float64Array(chunk.rows)
  const inFile = <T>(use: (read: ReadBytes) => Promise<T>) => withFile(path, (read) => inData(where, () => use(read)))
  const pagesOf = once(() => inFile((read) => findPages(read, chunk)))
  const searches = new Map<number, Promise<void>>()

  const decoded = (start: number, dictionary = chunk.start) =>
    cache.get(`page ${path}:${start}`, () =>
      inFile(async (read) => {
        // By a key of another kind: a damaged page may refer to itself.
        const words = () =>
          cache.get(`dictionary ${path}:${dictionary}`, async () =>
            sized(await readDictionary(read, chunk, dictionary)),
          )
        return sized(await readPage(read, chunk, await readPageHeader(read, chunk, start), words))
      }),
    )

  const search = (found: Pages, page: number) =>
    inFile(async (read) => {
      const start = found.starts[page] as number
      const first = found.firstRows[page] as number
      const rows = (found.firstRows[page + 1] ?? chunk.rows) - first
      const header = await readPageHeader(read, chunk, start)
      if (header.kind !== 'data' && header.kind !== 'data-v2') throw new Error(`expected a page of data at ${start}`)
      if (header.count !== rows)
        throw new Error(`the page at ${start} has ${header.count} values, expected those of ${rows} rows`)
      if (!header.compressed && header.encoding === 'PLAIN') {
        // Kept only if the whole page is sound, so that the same call always ends in the same way.
        const [pageOffsets, pageLengths] = [new Float64Array(rows), new Uint32Array(rows)]
        await plainPlaces(read, chunk, header, (i, offset, length) => {
          pageOffsets[i] = offset === undefined ? 0 : offset - chunk.start
          pageLengths[i] = offset === undefined ? missing : length
        })
        offsets.set(pageOffsets, first)
        lengths.set(pageLengths, first)
        return
      }
      const values = await decoded(start, found.dictionary)
      values.forEach((value, i) => {
        lengths[first + i] = value === undefined ? missing : packed
      })
    })

  const begin = (found: Pages, page: number): Promise<void> => {
    const begun = search(found, page).finally(() => searches.delete(page))
    searches.set(page, begun)
    return begun
  }

  return {
    async locate(row, name) {
      if (lengths[row] === unknown) {
        const found = await pagesOf()
        const page = pageWith(found, row)
        await (searches.get(page) ?? begin(found, page))
      }
      const length = lengths[row]
      if (length === missing) return undefined
      if (length !== packed) return { name, path, offset: chunk.start + (offsets[row] as number), length }
      const found = await pagesOf()
      const page = pageWith(found, row)
      const values = await decoded(found.starts[page] as number, found.dictionary)
      const bytes = values[row - (found.firstRows[page] as number)]
      if (!(bytes instanceof Uint8Array)) throw new CascadeError('data', `${name}: expected bytes`)
      // A copy: the page behind it is large, and another thread would get all of it.
      return { name, bytes: bytes.slice() }
    },
  }
}

/** The page that a row is in. */
function pageWith({ firstRows }: Pages, row: number): number {
  let [low, high] = [0, firstRows.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((firstRows[middle] as number) <= row) low = middle
    else high = middle
  }
  return low
}

/** About 100 bytes of a small object come with the bytes of each value. */
function sized(values: readonly Value[]): { value: readonly Value[]; bytes: number } {
  const bytes = values.reduce((sum: number, value) => sum + 100 + (value instanceof Uint8Array ? value.length : 0), 0)
  return { value: values, bytes }
}

/**
 * Finds the values of a page that is plain and not compressed: each is its length in four bytes, and its bytes.
 * @param found gets the place in its page, the place in the file (undefined: null) and the length of each.
 */
async function plainPlaces(
  read: ReadBytes,
  chunk: Chunk,
  page: Page,
  found: (i: number, offset: number | undefined, length: number) => void,
): Promise<void> {
  const end = page.start + page.bytes
  let [block, blockStart] = [await read(page.start, Math.min(firstBytes, page.bytes)), page.start]
  const levelBytes = levelsEnd(block, page, chunk.maxLevel)
  if (levelBytes > page.bytes) throw new Error(`the page at ${page.start} claims ${levelBytes} bytes of levels`)
  const levels = levelBytes <= block.length ? block : await read(page.start, levelBytes)
  const { present, start } = readPresent(levels, page, chunk.maxLevel)
  let [at, last] = [page.start + start, 0]
  for (let i = 0; i < page.count; i++) {
    if (present && !present[i]) {
      found(i, undefined, 0)
      continue
    }
    if (at + 4 > end) throw new Error(`the page at ${page.start} ends before its value ${i}`)
    if (at < blockStart || at + 4 > blockStart + block.length) {
      block = await read(at, Math.min(last > steppedBytes ? stepBytes : blockBytes, end - at))
      blockStart = at
    }
    last = new DataView(block.buffer, block.byteOffset).getUint32(at - blockStart, true)
    if (at + 4 + last > end)
      throw new Error(`value ${i} of the page at ${page.start} claims ${last} bytes, beyond the page's end`)
    found(i, at + 4, last)
    at += 4 + last
  }
}

/** The bytes of the levels, with their length before them. */
function levelsEnd(block: Uint8Array, page: Page, maxLevel: number): number {
  if (page.kind === 'data-v2' || maxLevel === 0) return page.levelBytes
  if (block.length < 4) throw new Error(`the page at ${page.start} is cut short`)
  return 4 + new DataView(block.buffer, block.byteOffset).getUint32(0, true)
}
