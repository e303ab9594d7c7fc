/** Turns each element, of 1, 2, 4 or 8 bytes, around, in place: from big-endian to little-endian order. */
export function swapBytes({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>, width: number): void {
  const bytes = Buffer.from(buffer, byteOffset, length)
  if (width === 2) bytes.swap16()
  else if (width === 4) bytes.swap32()
  else if (width === 8) bytes.swap64()
}
