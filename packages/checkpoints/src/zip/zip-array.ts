import { crc32 } from 'node:zlib'
import type { NDArray } from '@cascade-diffusion/arrays'
import { type Place, readArray } from '../arrays/read-array.ts'
import { readBytes } from '../byte-source.ts'
import type { ZipEntry } from './zip.ts'

/**
 * Reads the array that an entry holds from `place.offset` to its end, into its final memory, and checks the entry's checksum.
 * @throws as {@link readArray}, and if the checksum does not fit.
 */
export async function readEntryArray({ source, verify }: ZipEntry, place: Place): Promise<NDArray> {
  let crc = crc32(await readBytes(source, 0, place.offset))
  const array = await readArray(source, place, (bytes) => {
    crc = crc32(bytes, crc)
  })
  verify(crc)
  return array
}
