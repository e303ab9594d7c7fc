import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { byteWidth, decode, type StoredType, toNDArray } from '../../arrays/elements.ts'
import { type Piece, readPieces } from '../../arrays/read-array.ts'
import { maxDeflation } from '../../zip/inflate-options.ts'
import { type Hdf5, structures } from '../structures/file.ts'
import type { Filter } from '../structures/messages.ts'
import { type Chunk, type Chunked, chunksOf } from './chunks.ts'
import { unfilter } from './filters.ts'

/** The description of an array. */
export interface StoredArray {
  readonly type: StoredType
  readonly shape: readonly number[]
  /** Its size in memory, in the precision of the file. */
  readonly bytes: number
}

/** The most bytes of small chunks that are read at once. */
const readBytesAtOnce = 1 << 20

/** Reads an array in chunks into new memory. @throws unless all chunks are there and valid. */
export async function readChunks(
  { source, widths }: Hdf5,
  layout: Chunked,
  filters: readonly Filter[],
  { type, shape, bytes }: StoredArray,
): Promise<NDArray> {
  const width = byteWidth[type]
  const chunk = layout.chunk.slice(0, -1)
  const chunkBytes = sizeOf(layout.chunk)
  const chunks = await chunksOf(structures(source, widths), layout, shape, chunkBytes, filters.length > 0)
  const packed = chunks.reduce((sum, { bytes }) => sum + bytes, 0)
  if (bytes > maxDeflation * packed)
    throw new CascadeError('checkpoint', `expected ${bytes} bytes, got ${packed} which is not enough: corrupt`)
  const target = new Uint8Array(bytes)
  function* pieces(): Generator<Piece> {
    for (const part of neighbours(chunks)) {
      const { address: start } = part[0]!
      const end = part.at(-1)!.address + part.at(-1)!.bytes
      const use = (data: Uint8Array) => {
        for (const { address, bytes: size, mask, origin } of part) {
          const stored = data.subarray(address - start, address - start + size)
          copyChunk(target, shape, unfilter(stored, filters, mask, width, chunkBytes), chunk, origin, width)
        }
      }
      yield { offset: start, bytes: new Uint8Array(end - start), use }
    }
  }
  await readPieces(source, pieces())
  return toNDArray(decode(type, shape, target))
}

/** Chunks that are close together, to be read at once. */
function* neighbours(chunks: readonly Chunk[]): Generator<readonly Chunk[]> {
  let from = 0
  for (let to = 1; to <= chunks.length; to++) {
    const next = chunks[to]
    if (next && next.address + next.bytes - chunks[from]!.address <= readBytesAtOnce) continue
    yield chunks.slice(from, to)
    from = to
  }
}

/** Copies a chunk to its place in a row-major array, run by run, without the part past the ends of the array. */
function copyChunk(
  target: Uint8Array,
  shape: readonly number[],
  content: Uint8Array,
  chunk: readonly number[],
  origin: readonly number[],
  width: number,
): void {
  const extent = shape.map((n, axis) => Math.min(chunk[axis]!, n - origin[axis]!))
  // Axes of the same length in the chunk and the array form one run with the axis before them.
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
