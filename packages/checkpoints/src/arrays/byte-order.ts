/** Reverses the bytes of each element of 1, 2, 4 or 8 bytes, in place: big-endian becomes little-endian. */
export function swapBytes({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>, width: number): void {
  const bytes = Buffer.from(buffer, byteOffset, length)
  if (width === 2) bytes.swap16()
  else if (width === 4) bytes.swap32()
  else if (width === 8) bytes.swap64()
}
