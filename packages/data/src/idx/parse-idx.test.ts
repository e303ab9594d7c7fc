import { expect, test } from 'vitest'
import { parseIdx } from './parse-idx.ts'

const file = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255)

test('parseIdx reads the shape and the values', () => {
  expect(parseIdx(file, 'x')).toEqual({ shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 255) })
  // A view into a larger buffer, as of a file read into a pool.
  const pooled = Uint8Array.of(9, 9, 9, ...file, 9).subarray(3, -1)
  expect(parseIdx(pooled, 'x')).toEqual(parseIdx(file, 'x'))
  expect(parseIdx(Uint8Array.of(0, 0, 8, 1, 0, 1, 0, 0, ...new Uint8Array(65536)), 'x').shape).toEqual([65536])
})

test('errors of damaged files name the file, what was expected and what came', () => {
  const message = 'digits: expected an IDX file of bytes, which begins with 00 00 08, got '
  expect(() => parseIdx(Uint8Array.of(0x1f, 0x8b, 8, 0, 1), 'digits')).toThrow(`${message}1f 8b 08 00`)
  expect(() => parseIdx(Uint8Array.of(0, 0, 13, 1), 'digits')).toThrow(`${message}00 00 0d 01`)
  expect(() => parseIdx(new Uint8Array(0), 'digits')).toThrow(message)
  expect(() => parseIdx(file.subarray(0, 7), 'digits')).toThrow(
    'digits: expected a header of 12 bytes for 2 axes, got 7 bytes',
  )
  expect(() => parseIdx(file.subarray(0, -1), 'digits')).toThrow(
    'digits: expected 18 bytes for the shape [2,3], got 17',
  )
  expect(() => parseIdx(Uint8Array.of(...file, 0), 'digits')).toThrow('expected 18 bytes for the shape [2,3], got 19')
})
