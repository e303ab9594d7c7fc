import { sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'

/**
 * Reads an IDX file of unsigned bytes, the format of MNIST: two zeros, the type (8), the number of axes, the length of
 * each axis as a big-endian 32-bit integer, then the values in row-major order.
 * @param file the name of the file, for errors.
 * @throws if the magic number, the number of axes or the number of values is wrong.
 */
export function parseIdx(bytes: Uint8Array, file: string): ByteImages {
  const { header, shape } = headerOf(bytes, file)
  const size = sizeOf(shape)
  if (bytes.length !== header + size)
    throw new CascadeError(
      'data',
      `${file}: expected ${header + size} bytes for the shape [${shape}], got ${bytes.length}`,
    )
  return { shape, data: new Uint8Array(bytes.buffer, bytes.byteOffset + header, size) }
}

/** The bytes of a whole file, of which these are the first. @throws as {@link parseIdx}. */
export function idxSize(start: Uint8Array, file: string): number {
  const { header, shape } = headerOf(start, file)
  return header + sizeOf(shape)
}

function headerOf(bytes: Uint8Array, file: string): { readonly header: number; readonly shape: readonly number[] } {
  const hex = (part: Uint8Array) => [...part].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 8)
    throw new CascadeError(
      'data',
      `${file}: expected an IDX file of bytes, which begins with 00 00 08, got ${hex(bytes.subarray(0, 4)) || 'no bytes'}`,
    )
  const axes = bytes[3]!
  const header = 4 + 4 * axes
  if (bytes.length < header)
    throw new CascadeError(
      'data',
      `${file}: expected a header of ${header} bytes for ${axes} axes, got ${bytes.length} bytes`,
    )
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return { header, shape: Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i)) }
}
