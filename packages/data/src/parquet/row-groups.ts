import { byteCache } from '../reading/byte-cache.ts'
import { withFile } from '../reading/file-bytes.ts'
import { once } from '../reading/once.ts'
import type { EncodedImage } from '../sources/encoded-images.ts'
import { imageColumns, noImage } from './columns.ts'
import { imageChunk, type PageCache } from './image-chunk.ts'
import { readChunk } from './page-values.ts'
import type { Chunk } from './pages.ts'
import { inData, type ParquetFile } from './parquet-file.ts'

/** A row group of one of the files of a set. */
export interface RowGroup {
  /** Its first row in the set. */
  readonly firstRow: number
  readonly rows: number
  /** The image of a row of the group. @throws {CascadeError} of code `data` if there is none. */
  locate(row: number): Promise<EncodedImage>
}

/** The most bytes of paths of images, for errors, that are kept. Beyond, errors name the file and the row. */
const maxPathBytes = 1 << 26

/**
 * The row groups of all files that have rows.
 * @throws {CascadeError} of code `data` unless every file has the column of images.
 */
export function rowGroups(files: readonly ParquetFile[], image: string, cacheBytes: number): readonly RowGroup[] {
  const cache: PageCache = byteCache(cacheBytes)
  const texts = pathTexts()
  const groups: RowGroup[] = []
  let firstRow = 0
  for (const file of files) {
    const columns = imageColumns(file, image)
    let fileRow = 0
    for (const [group, rows] of file.groupRows.entries()) {
      const start = fileRow
      const images = imageChunk(file.path, columns.bytes.name, group, columns.bytes.chunks[group] as Chunk, cache)
      const paths = columns.path?.chunks[group]
      const where = `${file.path}: row group ${group}, column ${image}.path`
      const pathsOf = once(async () => paths && texts(where, file.path, paths))
      const locate = async (row: number): Promise<EncodedImage> => {
        const path = (await pathsOf())?.at(row)
        const name = `${file.path}: row ${start + row}`
        const found = await images.locate(row, path === undefined ? name : `${name} (${path})`)
        if (found) return found
        throw noImage(name, path)
      }
      if (rows > 0) groups.push({ firstRow, rows, locate })
      fileRow += rows
      firstRow += rows
    }
  }
  return groups
}

/** Reads paths until they take too much memory. */
function pathTexts(): (where: string, path: string, chunk: Chunk) => Promise<RowTexts | undefined> {
  let bytes = 0
  return async (where, path, chunk) => {
    if (bytes + chunk.bytes > maxPathBytes) return undefined
    const texts = await readTexts(where, path, chunk)
    bytes += texts.bytes
    return texts
  }
}

/** The group that a row of the set is in. */
export function groupWith(groups: readonly RowGroup[], row: number): RowGroup {
  let [low, high] = [0, groups.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((groups[middle] as RowGroup).firstRow <= row) low = middle
    else high = middle
  }
  return groups[low] as RowGroup
}

/** The texts of a column in one row group, in one buffer. */
interface RowTexts {
  /** The memory that they take. */
  readonly bytes: number
  /** The text of a row of the group; undefined if it is null or empty. */
  at(row: number): string | undefined
}

const decoder = new TextDecoder()

/** Reads a column of texts. */
async function readTexts(where: string, path: string, chunk: Chunk): Promise<RowTexts> {
  const values = await withFile(path, (read) => inData(where, () => readChunk(read, chunk)))
  const parts = values.map((value) => (value instanceof Uint8Array ? value : new Uint8Array(0)))
  const starts = new Uint32Array(parts.length + 1)
  parts.forEach((part, i) => {
    starts[i + 1] = (starts[i] as number) + part.length
  })
  const text = new Uint8Array(starts[parts.length] as number)
  parts.forEach((part, i) => {
    text.set(part, starts[i])
  })
  return {
    bytes: text.length + starts.byteLength,
    at: (row) => decoder.decode(text.subarray(starts[row], starts[row + 1])) || undefined,
  }
}
