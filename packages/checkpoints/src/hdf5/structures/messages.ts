import { CascadeError } from '@cascade-diffusion/checks'
import { type Cursor, textOf } from './cursor.ts'

/** The most axes of an array in HDF5. */
const maxRank = 32

/** Reads a shape; undefined for a null dataspace. @throws if it is not credible. */
export function parseDataspace(body: Cursor): readonly number[] | undefined {
  const version = body.version('dataspace', 1, 2)
  const rank = body.uint(1)
  body.skip(1)
  const kind = version === 1 ? 1 : body.uint(1)
  if (version === 1) body.skip(5)
  if (rank > maxRank) throw new CascadeError('checkpoint', `expected at most ${maxRank} axes, got ${rank}: corrupt`)
  return kind === 2 ? undefined : Array.from({ length: rank }, () => body.length())
}

/** The layout of the elements of a dataset in the file. */
export type DataLayout =
  | { readonly kind: 'compact'; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'contiguous'; readonly address: number | undefined; readonly bytes: number }
  | {
      readonly kind: 'chunked'
      readonly address: number | undefined
      /** The shape of a chunk; last, the bytes of an element. */
      readonly chunk: readonly number[]
      readonly index: ChunkIndex
    }

/** The index of the addresses of chunks. */
export type ChunkIndex =
  | { readonly kind: 'b-tree' }
  | { readonly kind: 'single'; readonly bytes: number | undefined; readonly mask: number }
  | { readonly kind: 'implicit' }
  | { readonly kind: 'fixed array' }

/** Reads a layout (HDF5 file format 3.0, IV.A.2.i). @throws if it is not supported. */
export function parseLayout(body: Cursor): DataLayout {
  const version = body.version('layout of a dataset', 3, 4, 5)
  const kind = body.uint(1)
  if (kind === 0) return { kind: 'compact', data: body.bytes(body.uint(2)) }
  if (kind === 1) return { kind: 'contiguous', address: body.address(), bytes: body.length() }
  if (kind !== 2)
    throw new CascadeError(
      'checkpoint',
      `layout of a dataset: expected compact, contiguous or chunked, got class ${kind}`,
    )
  if (version > 3) return parseNewChunked(body)
  const rank = body.uint(1)
  const address = body.address()
  return {
    kind: 'chunked',
    address,
    chunk: Array.from({ length: rank }, () => body.uint(4)),
    index: { kind: 'b-tree' },
  }
}

const indexNames = ['', 'single', 'implicit', 'fixed array', 'extensible array', 'version 2 B-tree']

function parseNewChunked(body: Cursor): DataLayout {
  const flags = body.uint(1)
  if (flags & 1)
    throw new CascadeError('checkpoint', 'chunks: expected filters on all, got none at the edges: not supported')
  const rank = body.uint(1)
  const width = body.uint(1)
  const chunk = Array.from({ length: rank }, () => body.uint(width))
  const type = body.uint(1)
  const chunked = (index: ChunkIndex): DataLayout => ({ kind: 'chunked', address: body.address(), chunk, index })
  if (type === 1) {
    const isFiltered = (flags & 2) !== 0
    return chunked({
      kind: 'single',
      bytes: isFiltered ? body.length() : undefined,
      mask: isFiltered ? body.uint(4) : 0,
    })
  }
  if (type === 2) return chunked({ kind: 'implicit' })
  if (type !== 3)
    throw new CascadeError(
      'checkpoint',
      `chunks: expected an index by B-tree of version 1 or by fixed array, got ${indexNames[type] ?? type}: not supported, save it without maxshape, or with libver='earliest'`,
    )
  body.skip(1)
  return chunked({ kind: 'fixed array' })
}

/** A step between the elements and the bytes of a chunk in the file. */
export interface Filter {
  readonly id: number
  readonly name: string
}

/** Reads the filters of a dataset, in the order in which they were applied. @throws if it is cut short. */
export function parseFilters(body: Cursor): readonly Filter[] {
  const version = body.version('filters', 1, 2)
  const count = body.uint(1)
  if (version === 1) body.skip(6)
  return Array.from({ length: count }, () => {
    const id = body.uint(2)
    const nameBytes = version === 1 || id >= 256 ? body.uint(2) : 0
    body.skip(2)
    const values = body.uint(2)
    const name = textOf(body.bytes(nameBytes))
    body.skip(4 * (values + (version === 1 ? values % 2 : 0)))
    return { id, name }
  })
}
