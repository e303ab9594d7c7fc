/** Headers, data and the end of a tar are in blocks of this size. */
export const blockSize = 512

/** The fields of a header: offset and length. */
export const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 6],
  version: [263, 2],
  deviceMajor: [329, 8],
  deviceMinor: [337, 8],
  prefix: [345, 155],
} as const satisfies Record<string, readonly [offset: number, length: number]>

/** The length with what fills its last block. */
export const padded = (length: number): number => Math.ceil(length / blockSize) * blockSize

/**
 * The sums of a header's bytes, with blanks in place of its checksum: of unsigned bytes, as POSIX has it, and of signed ones, as some old
 * writers have it.
 */
export function checksums(block: Uint8Array, at = 0): readonly [unsigned: number, signed: number] {
  const [start, length] = fields.checksum
  let [sum, large] = [32 * length, 0]
  for (let i = 0; i < blockSize; i++) {
    if (i >= start && i < start + length) continue
    const byte = block[at + i] as number
    sum += byte
    if (byte > 127) large++
  }
  return [sum, sum - 256 * large]
}
