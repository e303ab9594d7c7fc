import { CascadeError } from '@cascade-diffusion/checks'
import type { Hdf5 } from './file.ts'

/** The place of a chunk, and its bytes and omitted filters if chunks have filters. */
export interface Entry {
  readonly address: number
  readonly bytes?: number
  readonly mask?: number
}

const checksumBytes = 4

/**
 * The entries of a fixed array (HDF5 file format 3.0, VII.C), the index of chunks in new files for arrays that cannot
 * grow.
 */
export async function fixedArray(
  file: Hdf5,
  address: number,
  count: number,
  isFiltered: boolean,
): Promise<readonly Entry[]> {
  const { address: addressBytes, length: lengthBytes } = file.widths
  const header = await file.read(address, 8 + lengthBytes + addressBytes)
  header.expect('FAHD')
  header.version('fixed array', 0)
  header.skip(1)
  const entryBytes = header.uint(1)
  const pageEntries = 2 ** header.uint(1)
  const got = header.length()
  if (got !== count)
    throw new CascadeError(
      'checkpoint',
      `expected a fixed array of ${count} chunks, got ${got}: an array that may grow is not supported`,
    )
  const sizeBytes = entryBytes - addressBytes - (isFiltered ? 4 : 0)
  if (isFiltered ? sizeBytes < 1 || sizeBytes > 8 : sizeBytes !== 0)
    throw new CascadeError(
      'checkpoint',
      `expected a fixed array of chunks' addresses and sizes, got entries of ${entryBytes} bytes: corrupt`,
    )
  const isPaged = count > pageEntries
  const bitmapBytes = isPaged ? Math.ceil(count / pageEntries / 8) : 0
  const blockAddress = header.address()
  const prefixBytes = 6 + addressBytes + bitmapBytes + (isPaged ? checksumBytes : 0)
  const block = await file.read(blockAddress, prefixBytes)
  block.expect('FADB')
  const entries: Entry[] = []
  for (let at = blockAddress! + prefixBytes; entries.length < count; at += pageEntries * entryBytes + checksumBytes) {
    const length = Math.min(pageEntries, count - entries.length)
    const page = await file.read(at, length * entryBytes)
    for (let i = 0; i < length; i++) {
      const chunk = page.address()
      if (chunk === undefined) throw new CascadeError('checkpoint', 'expected all chunks, some were never written')
      entries.push(
        isFiltered ? { address: chunk, bytes: page.uint(sizeBytes), mask: page.uint(4) } : { address: chunk },
      )
    }
  }
  return entries
}
