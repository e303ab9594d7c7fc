import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { bytesSource, readBytes } from '../byte-source.ts'
import { byteWidth, decode, type StoredType, toNDArray } from '../elements.ts'
import { readArray } from '../read-array.ts'
import type { Attributes } from './attributes.ts'
import { type Chunked, chunksOf } from './chunks.ts'
import { parseDatatype } from './datatype.ts'
import { type Hdf5, structures } from './file.ts'
import { checkFilters, maxDeflation, unfilter } from './filters.ts'
import { type Filter, type Layout, parseDataspace, parseFilters, parseLayout } from './messages.ts'
import type { ObjectHeader } from './object-header.ts'

/** An array of numbers in a file. */
export interface Dataset {
  readonly type: StoredType
  readonly shape: readonly number[]
  /** Its size in memory, in the file's own precision. */
  readonly bytes: number
  /** Whether the file may hold fewer bytes than that. */
  readonly isPacked: boolean
  /** @throws if its data is cut short or corrupt. */
  read(): Promise<NDArray>
}

/** Whether an object is a dataset. */
export const isDataset = (header: ObjectHeader): boolean => header.has('layout')

/**
 * Reads what a dataset is, not its elements. Undefined for texts and for datasets of nothing.
 * @throws if its elements are others, or it is laid out in a way that is not supported, naming it.
 */
export async function parseDataset(
  file: Hdf5,
  header: ObjectHeader,
  attributes: () => Promise<Attributes>,
): Promise<Dataset | undefined> {
  const datatype = parseDatatype(header.one('datatype'))
  const shape = parseDataspace(header.one('dataspace'))
  if (shape === undefined || datatype.kind === 'text' || datatype.kind === 'heap text') return undefined
  // Keras writes bfloat16 as opaque bytes, and their type into an attribute.
  const isBfloat16 =
    datatype.kind === 'opaque' && datatype.bytes === 2 && (await attributes()).get('dtype') === 'bfloat16'
  if (datatype.kind !== 'number' && !isBfloat16)
    throw new Error(
      `expected little-endian numbers, got ${datatype.kind === 'other' ? datatype.what : datatype.kind}: not supported`,
    )
  const type = datatype.kind === 'number' ? datatype.type : 'bfloat16'
  const bytes = sizeOf(shape) * byteWidth[type]
  if (!Number.isSafeInteger(bytes)) throw new Error(`expected an array, got ${type} [${shape}]: corrupt`)
  if (header.has('externalFiles')) throw new Error('expected data in the file itself, got other files: not supported')
  const layout = parseLayout(header.one('layout'))
  const filters = header.has('filters') ? parseFilters(header.one('filters')) : []
  checkFilters(filters)
  const dataset = { type, shape, bytes, isPacked: layout.kind === 'chunked' && filters.length > 0 }
  return { ...dataset, read: readerOf(file, layout, filters, dataset) }
}

type What = Omit<Dataset, 'read'>

function readerOf(file: Hdf5, layout: Layout, filters: readonly Filter[], what: What): Dataset['read'] {
  const { type, shape, bytes } = what
  if (layout.kind === 'chunked') {
    const { chunk } = layout
    if (
      shape.length === 0 ||
      chunk.length !== shape.length + 1 ||
      chunk.at(-1) !== byteWidth[type] ||
      chunk.includes(0)
    )
      throw new Error(
        `expected chunks of ${type} [${shape}], got [${chunk}] with the bytes of an element last: corrupt`,
      )
    return () => readChunks(file, layout, filters, what)
  }
  const stored = layout.kind === 'compact' ? layout.data.length : layout.bytes
  if (stored !== bytes && !(bytes === 0 && layout.kind === 'contiguous'))
    throw new Error(`expected ${bytes} bytes of ${type} [${shape}], got ${stored}: corrupt`)
  if (layout.kind === 'compact') return () => readArray(bytesSource(layout.data), { type, shape, offset: 0 })
  return async () => {
    if (bytes > 0 && layout.address === undefined) throw new Error('expected data, got none: it was never written')
    return readArray(file.source, { type, shape, offset: layout.address ?? 0 })
  }
}

async function readChunks({ source, widths }: Hdf5, layout: Chunked, filters: readonly Filter[], what: What) {
  const { type, shape, bytes } = what
  const width = byteWidth[type]
  const chunk = layout.chunk.slice(0, -1)
  const chunkBytes = sizeOf(layout.chunk)
  const chunks = await chunksOf(structures(source, widths), layout, shape, chunkBytes, filters.length > 0)
  const packed = chunks.reduce((sum, { bytes }) => sum + bytes, 0)
  if (bytes > maxDeflation * packed)
    throw new Error(`expected ${bytes} bytes, got ${packed} that do not hold so many: corrupt`)
  const target = new Uint8Array(bytes)
  for (const { address, bytes: size, mask, origin } of chunks) {
    const content = unfilter(await readBytes(source, address, size), filters, mask, width, chunkBytes)
    copyChunk(target, shape, content, chunk, origin, width)
  }
  return toNDArray(decode(type, shape, target))
}

/** Copies a chunk to its place in a row-major array, run by run, without what reaches past the array's ends. */
function copyChunk(
  target: Uint8Array,
  shape: readonly number[],
  content: Uint8Array,
  chunk: readonly number[],
  origin: readonly number[],
  width: number,
): void {
  const extent = shape.map((n, axis) => Math.min(chunk[axis]!, n - origin[axis]!))
  // Axes on which chunk and array are the same are one run with the axis before them.
  let last = shape.length - 1
  while (last > 0 && chunk[last] === shape[last]) last--
  const strides = (sizes: readonly number[]) => sizes.map((_, axis) => width * sizeOf(sizes.slice(axis + 1)))
  const [from, to] = [strides(chunk), strides(shape)]
  const run = extent[last]! * to[last]!
  const index = extent.slice(0, last).map(() => 0)
  let source = 0
  let at = origin.reduce((sum, start, axis) => sum + start * to[axis]!, 0)
  for (let axis = last; axis >= 0; ) {
    target.set(content.subarray(source, source + run), at)
    for (axis = last - 1; axis >= 0; axis--) {
      source += from[axis]!
      at += to[axis]!
      if (++index[axis]! < extent[axis]!) break
      source -= from[axis]! * extent[axis]!
      at -= to[axis]! * extent[axis]!
      index[axis] = 0
    }
  }
}
