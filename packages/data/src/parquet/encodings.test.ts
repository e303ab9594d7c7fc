import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { thriftEnd } from './check-thrift.ts'
import { decompress } from './decompress.ts'
import { readDeltaBytes, readDeltaLengths, readDeltas } from './delta.ts'
import { readHybrid } from './levels.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

describe('runs and packed bits', () => {
  test("the specification's example: 0 to 7 in 3 bits", () => {
    expect([...readHybrid(bytes(3, 0b10001000, 0b11000110, 0b11111010), 3, 8)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('runs, bits across bytes, and more than are wanted', () => {
    expect([...readHybrid(bytes(10, 1, 4, 0), 1, 7)]).toEqual([1, 1, 1, 1, 1, 0, 0])
    expect([...readHybrid(bytes(200, 1, 7), 3, 4)]).toEqual([7, 7, 7, 7]) // a run of 100
    const packed = bytes(3, ...Array.from({ length: 17 }, (_, i) => i + 1))
    const bits = [...packed.slice(1)].reduce((all, byte, i) => all | (BigInt(byte) << BigInt(8 * i)), 0n)
    const expected = Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(17 * i)) & 0x1ffffn))
    expect([...readHybrid(packed, 17, 8)]).toEqual(expected)
    expect([...readHybrid(bytes(6, 0xff, 0xff, 0xff, 0xff), 32, 3)]).toEqual([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1])
    expect([...readHybrid(bytes(), 0, 3)]).toEqual([0, 0, 0])
  })

  test('cut short', () => {
    for (const cut of [bytes(), bytes(10), bytes(3, 1), bytes(0, 1), bytes(0x80), bytes(255, 255, 255, 255, 255, 1, 1)])
      expect(() => readHybrid(cut, 3, 8)).toThrow('cut short')
    expect(() => readHybrid(bytes(2, 1), 33, 1)).toThrow('numbers of 33 bits')
  })
})

describe('deltas', () => {
  test("the specification's examples", () => {
    // Blocks of 128 in 4 parts; 1, 2, 3, 4, 5: the least delta is 1, all others are 0 above it.
    expect(readDeltas(bytes(128, 1, 4, 5, 2, 2, 0, 0, 0, 0), 5, 32)).toEqual({ numbers: [1, 2, 3, 4, 5], end: 10 })
    // 7, 5, 3, 1, 2, 3, 4, 5: the least delta is -2, and 0, 0, 0, 3, 3, 3, 3 above it are in 2 bits.
    const packed = [0b11000000, 0b00111111, 0, 0, 0, 0, 0, 0]
    const { numbers } = readDeltas(bytes(128, 1, 4, 8, 14, 3, 2, 0, 0, 0, ...packed), 8, 32)
    expect(numbers).toEqual([7, 5, 3, 1, 2, 3, 4, 5])
    const text = (values: Uint8Array[]) => values.map((value) => Buffer.from(value).toString())
    const lengths = [128, 1, 4, 2, 10, 1, 0, 0, 0, 0] // 5, 4
    expect(text(readDeltaLengths(Buffer.concat([bytes(...lengths), Buffer.from('HelloWorl')]), 2))).toEqual([
      'Hello',
      'Worl',
    ])
    const shared = [128, 1, 4, 2, 0, 6, 0, 0, 0, 0] // 0, 3
    const rest = [128, 1, 4, 2, 8, 1, 0, 0, 0, 0] // 4, 3
    expect(text(readDeltaBytes(Buffer.concat([bytes(...shared), bytes(...rest), Buffer.from('axisble')]), 2))).toEqual([
      'axis',
      'axible',
    ])
  })

  test('damaged', () => {
    expect(() => readDeltas(bytes(128, 1, 4, 6, 2), 5, 32)).toThrow('it claims 6 numbers, expected 5')
    expect(() => readDeltas(bytes(128, 1, 0, 5, 2), 5, 32)).toThrow('its blocks of 128 numbers in 0 parts')
    expect(() => readDeltas(bytes(128, 1, 4, 5, 2, 2, 0), 5, 32)).toThrow('cut short')
    expect(() => readDeltas(bytes(...Array(20).fill(0x80)), 5, 32)).toThrow('more than 10 bytes')
    expect(() => readDeltaLengths(bytes(128, 1, 4, 1, 10, 72), 1)).toThrow('a value claims 5 bytes')
  })
})

describe('structures of Thrift, before hyparquet reads them', () => {
  test('end where they end', () => {
    // Field 1: an i32 of 3; field 2: a list of two of them; field 3: a structure; then the end.
    const struct = bytes(0x15, 6, 0x19, 0x25, 2, 4, 0x1c, 0x15, 0, 0, 0)
    expect(thriftEnd(struct)).toBe(11)
    for (let end = 0; end < 11; end++) expect(thriftEnd(struct.subarray(0, end))).toBeUndefined()
  })

  test('lists longer than the bytes, deep nesting, endless numbers', () => {
    expect(thriftEnd(bytes(0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x07, 0, 0))).toBeUndefined()
    expect(() => thriftEnd(new Uint8Array(100).fill(0x1c))).toThrow('nested more than 32 deep')
    expect(() => thriftEnd(bytes(0x19, ...Array(100).fill(0x19)))).toThrow('nested more than 32 deep')
    expect(() => thriftEnd(bytes(0x16, ...Array(100).fill(0x80)))).toThrow('a number of more than 10 bytes')
    expect(() => thriftEnd(bytes(0x1d, 0))).toThrow('an unknown type 13')
  })
})

test('compressed pages have the length that their header says', async () => {
  const packed = gzipSync(new Uint8Array(1000))
  expect(await decompress('GZIP', packed, 1000)).toHaveLength(1000)
  await expect(decompress('GZIP', packed, 999)).rejects.toThrow()
  await expect(decompress('GZIP', packed, 1001)).rejects.toThrow('has 1000 bytes decompressed, its header says 1001')
  await expect(decompress('SNAPPY', packed, 2 ** 40)).rejects.toThrow(`claims to have ${2 ** 40} decompressed`)
  await expect(decompress('LZO', packed, 1000)).rejects.toThrow('the compression LZO is not supported')
})
