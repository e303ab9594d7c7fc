import { sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { checkRange } from '../../sources/byte-source.ts'
import { leaves } from '../structures/b-tree.ts'
import type { Hdf5 } from '../structures/file.ts'
import { type Entry, fixedArray } from '../structures/fixed-array.ts'
import type { DataLayout } from '../structures/messages.ts'

/** A part of an array in a file. */
export interface Chunk {
  /** The index of its first element. */
  readonly origin: readonly number[]
  readonly address: number
  readonly bytes: number
  /** The filters that were not applied. */
  readonly mask: number
}

export type Chunked = Extract<DataLayout, { kind: 'chunked' }>

/** The fewest bytes of an index for one chunk. */
const indexBytes = 8

/**
 * All chunks of an array, in the order of the file.
 * @param bytes the bytes of a chunk without filters.
 * @throws if some are missing, overlap, or reach past the end of the file.
 */
export async function chunksOf(
  file: Hdf5,
  { chunk, address, index }: Chunked,
  shape: readonly number[],
  bytes: number,
  isFiltered: boolean,
): Promise<readonly Chunk[]> {
  const grid = shape.map((n, axis) => Math.ceil(n / chunk[axis]!))
  const count = sizeOf(grid)
  if (count === 0) return []
  if (count * indexBytes > file.source.size)
    throw new CascadeError(
      'checkpoint',
      `expected an index of ${count} chunks, the file has ${file.source.size} bytes: corrupt`,
    )
  const originOf = (i: number) => {
    const origin = [...shape]
    for (let axis = grid.length - 1, rest = i; axis >= 0; axis--) {
      origin[axis] = (rest % grid[axis]!) * chunk[axis]!
      rest = Math.floor(rest / grid[axis]!)
    }
    return origin
  }
  if (address === undefined) throw new CascadeError('checkpoint', 'expected data, got none: it was never written')
  const inOrder = (entries: readonly Entry[]) =>
    entries.map((entry, i): Chunk => ({ bytes, mask: 0, ...entry, origin: originOf(i) }))
  switch (index.kind) {
    case 'b-tree':
      return checked(file, await treeChunks(file, address, shape, chunk), count)
    case 'fixed array':
      return checked(file, inOrder(await fixedArray(file, address, count, isFiltered)), count)
    case 'implicit':
      return checked(file, inOrder(Array.from({ length: count }, (_, i) => ({ address: address + i * bytes }))), count)
    case 'single':
      return checked(file, inOrder([{ address, bytes: index.bytes ?? bytes, mask: index.mask }]), count)
  }
}

async function treeChunks(
  file: Hdf5,
  root: number,
  shape: readonly number[],
  chunk: readonly number[],
): Promise<Chunk[]> {
  const found: Chunk[] = []
  const seen = new Set<string>()
  for await (const { key, child } of leaves(file, root, 1, 8 * shape.length + 16)) {
    const bytes = key.uint(4)
    const mask = key.uint(4)
    const origin = shape.map(() => key.uint(8))
    const place = origin.join()
    if (
      seen.has(place) ||
      origin.some((at, axis) => at >= shape[axis]! || at % chunk[axis]! !== 0) ||
      child === undefined
    )
      throw new CascadeError(
        'checkpoint',
        `expected the chunks of [${shape}] by [${chunk.slice(0, -1)}] once each, got one at [${origin}]: corrupt`,
      )
    seen.add(place)
    found.push({ origin, address: child, bytes, mask })
  }
  return found
}

function checked({ source }: Hdf5, chunks: readonly Chunk[], count: number): readonly Chunk[] {
  if (chunks.length !== count)
    throw new CascadeError(
      'checkpoint',
      `expected ${count} chunks, got ${chunks.length}: corrupt, or some were never written`,
    )
  const sorted = [...chunks].sort((a, b) => a.address - b.address)
  let end = 0
  for (const { address, bytes } of sorted) {
    checkRange(source, address, bytes)
    if (address < end) throw new CascadeError('checkpoint', 'chunks overlap: corrupt or malicious')
    end = address + bytes
  }
  return sorted
}
