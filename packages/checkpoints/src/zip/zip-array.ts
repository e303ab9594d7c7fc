import { crc32 } from 'node:zlib'
import type { NDArray } from '@cascade-diffusion/arrays'
import { type Place, readArray } from '../arrays/read-array.ts'
import { readBytes } from '../sources/byte-source.ts'
import type { ZipEntry } from './zip.ts'

/**
 * Reads the array in an entry from `place.offset` to its end into its final memory, and checks the checksum of the
 * entry.
 * @throws as {@link readArray}, and if the checksum differs.
 */
export async function readEntryArray({ source, verify }: ZipEntry, place: Place): Promise<NDArray> {
  let crc = crc32(await readBytes(source, 0, place.offset))
  const array = await readArray(source, place, (bytes) => {
    crc = crc32(bytes, crc)
  })
  verify(crc)
  return array
}
