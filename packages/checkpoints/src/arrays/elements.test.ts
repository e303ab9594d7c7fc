import { expect, test } from 'vitest'
import { decode, toNDArray } from './elements.ts'

const bytes = (...values: number[]) => new Uint8Array([...values, ...Array(8).fill(0)]).subarray(0, values.length)

test('half precisions widen exactly, subnormal and infinite values included', () => {
  const half = decode('float16', [6], bytes(0x00, 0x3c, 0xff, 0x7b, 0x01, 0x00, 0xff, 0x83, 0x00, 0xfc, 0x01, 0x7c))
  expect([...half.data]).toEqual([1, 65504, 2 ** -24, -1023 * 2 ** -24, Number.NEGATIVE_INFINITY, Number.NaN])
  const brain = decode('bfloat16', [3], bytes(0x80, 0x3f, 0x40, 0xc0, 0x80, 0x7f))
  expect([...brain.data]).toEqual([1, -3, Number.POSITIVE_INFINITY])
})

test('every float16 agrees with the definition of its bits', () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, i) => i)
  const { data } = decode('float16', [65536], new Uint8Array(halves.buffer))
  let previous = -1
  for (let i = 0; i < 0x7c00; i++) {
    const value = data[i] as number
    expect(value > previous && data[i + 0x8000] === -value).toBe(true)
    previous = value
  }
  expect(data[0x7bff]).toBe(65504)
})

test('integers become int32, and those that do not fit are refused', () => {
  const fits = new BigInt64Array([2147483647n, -2147483648n])
  expect(toNDArray({ dtype: 'int64', shape: [2], data: fits })).toEqual({
    dtype: 'int32',
    shape: [2],
    data: Int32Array.of(2147483647, -2147483648),
  })
  const large = new BigInt64Array([2147483648n])
  expect(() => toNDArray({ dtype: 'int64', shape: [1], data: large })).toThrow('int32 range, got 2147483648')
})

test('bytes that do not fill the shape and booleans beyond 1 are refused', () => {
  expect(() => decode('float32', [3], bytes(1, 2, 3, 4))).toThrow('expected 12 bytes of float32 [3], got 4')
  expect(() => decode('bool', [2], bytes(1, 2))).toThrow('expected booleans of 0 or 1, got 2')
})

test('float32 is shared, not copied', () => {
  const raw = bytes(0, 0, 128, 63)
  expect(toNDArray(decode('float32', [1], raw)).data.buffer).toBe(raw.buffer)
})
