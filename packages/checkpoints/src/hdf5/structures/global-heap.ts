import { CascadeError } from '@cascade-diffusion/checks'
import { type Cursor, textOf } from './cursor.ts'
import type { Hdf5 } from './file.ts'

/**
 * Reads a string of variable length from the reference in an element: its length, the address of a heap, a number in
 * it.
 */
export type TextHeap = (reference: Cursor) => Promise<string>

type Collection = ReadonlyMap<number, Uint8Array>

/** The strings in the global heaps of a file (HDF5 file format 3.0, III.E). Each heap is read once. */
export function textHeap(file: Hdf5): TextHeap {
  const collections = new Map<number, Collection>()
  return async (reference) => {
    const length = reference.uint(4)
    const address = reference.address()
    const index = reference.uint(4)
    if (length === 0 || address === undefined) return ''
    const collection = collections.get(address) ?? (await readCollection(file, address))
    collections.set(address, collection)
    const bytes = collection.get(index)
    if (!bytes || bytes.length < length)
      throw new CascadeError(
        'checkpoint',
        `expected a text of ${length} bytes in a heap, got ${bytes?.length ?? 'none'}: corrupt`,
      )
    file.spend(length)
    return textOf(bytes.subarray(0, length))
  }
}

async function readCollection(file: Hdf5, address: number): Promise<Collection> {
  const prefixBytes = 8 + file.widths.length
  const prefix = await file.read(address, prefixBytes)
  prefix.expect('GCOL')
  prefix.version('heap', 1)
  prefix.skip(3)
  const rest = prefix.length() - prefixBytes
  if (rest < 0)
    throw new CascadeError('checkpoint', 'expected a heap of texts, got one shorter than its own header: corrupt')
  const body = await file.read(address + prefixBytes, rest)
  const found = new Map<number, Uint8Array>()
  while (body.left >= prefixBytes) {
    const index = body.uint(2)
    body.skip(6)
    const bytes = body.length()
    if (index === 0) break
    found.set(index, body.bytes(bytes))
    body.align()
  }
  return found
}
