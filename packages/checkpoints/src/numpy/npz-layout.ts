import { crc32 } from 'node:zlib'
import { sizeOf } from '@cascade-diffusion/arrays'
import { byteWidth } from '../arrays/elements.ts'
import { type PlacedBytes, storedZip } from '../zip/stored-zip.ts'
import { npyHeader, type WrittenType } from './npy-header.ts'

/** An array of an `.npz` file whose shape is known before its values are. */
export interface NpzArray {
  /** Without `.npy`: `arr_0`. */
  readonly name: string
  readonly type: WrittenType
  readonly shape: readonly number[]
}

/** Where the values of an array are in an `.npz` file. */
export interface NpzPlace {
  /** Of the first byte of the values, which are row-major and little-endian. */
  readonly position: number
  /** The bytes of all values. */
  readonly bytes: number
  /** The CRC-32 to begin with: that of the header of the array, which the checksum of an entry includes. */
  readonly crc: number
}

/** An `.npz` file before the values are known. */
export interface NpzLayout {
  /** Of each array, in order. */
  readonly places: readonly NpzPlace[]
  /** The bytes of the whole file. */
  readonly size: number
  /** All of the file but the values. @param crcs for each array, `place.crc` continued over its values. */
  frame(crcs: readonly number[]): readonly PlacedBytes[]
}

/**
 * Lays out an `.npz` file (a zip archive, not compressed), so that values can be written at their places in any order,
 * as they are made, and the rest at the end. `numpy.load` reads the result. Files beyond 4 GiB have zip64 fields.
 */
export function npzLayout(arrays: readonly NpzArray[]): NpzLayout {
  const headers = arrays.map(npyHeader)
  const sizes = arrays.map(({ type, shape }) => sizeOf(shape) * byteWidth[type])
  const zip = storedZip(arrays.map(({ name }, i) => ({ name: `${name}.npy`, bytes: headers[i]!.length + sizes[i]! })))
  return {
    places: headers.map((header, i) => ({
      position: zip.positions[i]! + header.length,
      bytes: sizes[i]!,
      crc: crc32(header),
    })),
    size: zip.size,
    frame: (crcs) => [...headers.map((bytes, i) => ({ position: zip.positions[i]!, bytes })), ...zip.frame(crcs)],
  }
}
