import { bitsAt } from './levels.ts'

/** The most bytes that the values of a page may have together: a value may repeat the start of the one before. */
const maxBytes = 1 << 28

/** The most small blocks of a block. Writers have 4. */
const maxMiniblocks = 512

/**
 * Reads whole numbers of Parquet's delta encoding (DELTA_BINARY_PACKED), of 32 or 64 bits.
 * @returns `count` numbers, and the place after them.
 * @throws if the bytes end before, or there are other numbers.
 */
export function readDeltas(
  bytes: Uint8Array,
  count: number,
  bits: 32 | 64,
  from = 0,
): { numbers: number[]; end: number } {
  let at = from
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('its numbers are cut short')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new Error('a number has more than 10 bytes')
  }
  const signed = (): bigint => {
    const value = varint()
    return (value >> 1n) ^ -(value & 1n)
  }
  const [blockSize, miniblocks, total] = [Number(varint()), Number(varint()), Number(varint())]
  const perMiniblock = blockSize / miniblocks
  if (!(miniblocks >= 1 && miniblocks <= maxMiniblocks && perMiniblock % 8 === 0 && perMiniblock > 0))
    throw new Error(`its blocks of ${blockSize} numbers in ${miniblocks} parts`)
  if (total !== count) throw new Error(`it claims ${total} numbers, expected ${count}`)
  let value = signed()
  const numbers = count === 0 ? [] : [Number(value)]
  while (numbers.length < count) {
    const least = signed()
    const widths = bytes.subarray(at, at + miniblocks)
    at += miniblocks
    for (const width of widths) {
      if (numbers.length === count) break
      if (width > 64 || at + (perMiniblock * width) / 8 > bytes.length) throw new Error('its numbers are cut short')
      for (let i = 0; i < perMiniblock && numbers.length < count; i++) {
        const bit = 8 * at + i * width
        const high = width > 32 ? BigInt(bitsAt(bytes, bit + 32, width - 32)) << 32n : 0n
        value = BigInt.asIntN(bits, value + least + high + BigInt(bitsAt(bytes, bit, Math.min(width, 32))))
        numbers.push(Number(value))
      }
      at += (perMiniblock * width) / 8
    }
    if (widths.length < miniblocks) throw new Error('its numbers are cut short')
  }
  return { numbers, end: at }
}

/** Reads bytes whose lengths come first (DELTA_LENGTH_BYTE_ARRAY). @throws as {@link readDeltas}. */
export function readDeltaLengths(bytes: Uint8Array, count: number, from = 0): Uint8Array[] {
  const { numbers: lengths, end } = readDeltas(bytes, count, 32, from)
  let at = end
  return lengths.map((length) => {
    const start = at
    at += length
    if (length < 0 || at > bytes.length) throw new Error(`a value claims ${length} bytes, beyond the end of its page`)
    return bytes.subarray(start, at)
  })
}

/** Reads bytes of which each begins as the one before (DELTA_BYTE_ARRAY). @throws as {@link readDeltas}. */
export function readDeltaBytes(bytes: Uint8Array, count: number): Uint8Array[] {
  const { numbers: shared, end } = readDeltas(bytes, count, 32)
  let before = new Uint8Array(0)
  let sum = 0
  return readDeltaLengths(bytes, count, end).map((rest, i) => {
    const prefix = shared[i] as number
    sum += prefix + rest.length
    if (!(prefix >= 0 && prefix <= before.length && sum <= maxBytes))
      throw new Error(`value ${i} claims ${prefix} bytes of the one before, which has ${before.length}`)
    const value = new Uint8Array(prefix + rest.length)
    value.set(before.subarray(0, prefix))
    value.set(rest, prefix)
    before = value
    return value
  })
}
