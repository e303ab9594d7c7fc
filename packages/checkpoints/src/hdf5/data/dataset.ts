import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { byteWidth } from '../../arrays/elements.ts'
import { readArray } from '../../arrays/read-array.ts'
import { bytesSource } from '../../sources/byte-source.ts'
import type { Attributes } from '../structures/attributes.ts'
import { parseDatatype } from '../structures/datatype.ts'
import type { Hdf5 } from '../structures/file.ts'
import { type DataLayout, type Filter, parseDataspace, parseFilters, parseLayout } from '../structures/messages.ts'
import type { ObjectHeader } from '../structures/object-header.ts'
import { checkFilters } from './filters.ts'
import { readChunks, type StoredArray } from './read-chunks.ts'

/** An array of numbers in a file. */
export interface Dataset extends StoredArray {
  /** Whether the file may contain fewer bytes than that. */
  readonly isPacked: boolean
  /** @throws if its data is cut short or corrupt. */
  read(): Promise<NDArray>
}

/** Whether an object is a dataset. */
export const isDataset = (header: ObjectHeader): boolean => header.has('layout')

/**
 * Reads the description of a dataset, not its elements. Undefined for strings and for datasets without elements.
 * @throws if its elements or its layout are not supported.
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
    throw new CascadeError(
      'checkpoint',
      `expected little-endian numbers, got ${datatype.kind === 'other' ? datatype.what : datatype.kind}: not supported, save it as such numbers`,
    )
  const type = datatype.kind === 'number' ? datatype.type : 'bfloat16'
  const bytes = sizeOf(shape) * byteWidth[type]
  if (!Number.isSafeInteger(bytes))
    throw new CascadeError('checkpoint', `expected an array, got ${type} [${shape}]: corrupt`)
  if (header.has('externalFiles'))
    throw new CascadeError(
      'checkpoint',
      'expected data in the file itself, got other files: not supported, save a copy',
    )
  const layout = parseLayout(header.one('layout'))
  const filters = header.has('filters') ? parseFilters(header.one('filters')) : []
  checkFilters(filters)
  const array = { type, shape, bytes }
  const isPacked = layout.kind === 'chunked' && filters.length > 0
  return { ...array, isPacked, read: readerOf(file, layout, filters, array) }
}

function readerOf(file: Hdf5, layout: DataLayout, filters: readonly Filter[], array: StoredArray): Dataset['read'] {
  const { type, shape, bytes } = array
  if (layout.kind === 'chunked') {
    const { chunk } = layout
    if (
      shape.length === 0 ||
      chunk.length !== shape.length + 1 ||
      chunk.at(-1) !== byteWidth[type] ||
      chunk.includes(0)
    )
      throw new CascadeError(
        'checkpoint',
        `expected chunks of ${type} [${shape}], got [${chunk}] with the bytes of an element last: corrupt`,
      )
    return () => readChunks(file, layout, filters, array)
  }
  const stored = layout.kind === 'compact' ? layout.data.length : layout.bytes
  if (stored !== bytes && !(bytes === 0 && layout.kind === 'contiguous'))
    throw new CascadeError('checkpoint', `expected ${bytes} bytes of ${type} [${shape}], got ${stored}: corrupt`)
  if (layout.kind === 'compact') return () => readArray(bytesSource(layout.data), { type, shape, offset: 0 })
  return async () => {
    if (bytes > 0 && layout.address === undefined)
      throw new CascadeError('checkpoint', 'expected data, got none: it was never written')
    return readArray(file.source, { type, shape, offset: layout.address ?? 0 })
  }
}
