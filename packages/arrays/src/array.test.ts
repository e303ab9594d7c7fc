import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allocate, concatenate, float32, int32, ndarray, rows, sizeOf, take, zeros } from './array.ts'

test('sizeOf multiplies the axes; a scalar holds one value', () => {
  expect([sizeOf([2, 3, 4]), sizeOf([]), sizeOf([5, 0])]).toEqual([24, 1, 0])
})

test('ndarray wraps without copying and takes its element type from the data', () => {
  const data = new Float32Array(6)
  const shape = [2, 3]
  const a = ndarray(data, shape)
  shape[0] = 9
  expect(a.data).toBe(data)
  expect(a).toMatchObject({ dtype: 'float32', shape: [2, 3] })
  expect(ndarray(new Int32Array(1), []).dtype).toBe('int32')
  expect(ndarray(new Uint8Array(1), [1]).dtype).toBe('bool')
  expect(() => ndarray(data, [2, 2])).toThrow('ndarray: shape [2,2] holds 4 values, got 6')
})

test('float32 and int32 copy numbers, with one axis, none or the given ones', () => {
  expect(float32([0.5, 2])).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(0.5, 2) })
  expect(float32(0.1)).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(0.1) })
  expect(float32([1, 2, 3, 4], [2, 2]).shape).toEqual([2, 2])
  expect(int32([3, -1])).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(3, -1) })
  expect(int32(7, [1, 1])).toEqual({ dtype: 'int32', shape: [1, 1], data: Int32Array.of(7) })
  const values = Float32Array.of(1)
  expect(float32(values).data).not.toBe(values)
  expect(() => float32([1, 2], [3])).toThrow('shape [3] holds 3 values, got 2')
})

test('allocate and zeros make empty arrays of each element type', () => {
  expect(allocate('float32', 2)).toEqual(new Float32Array(2))
  expect(allocate('int32', 2)).toEqual(new Int32Array(2))
  expect(allocate('bool', 2)).toEqual(new Uint8Array(2))
  expect(zeros([2, 2])).toEqual({ dtype: 'float32', shape: [2, 2], data: new Float32Array(4) })
  expect(zeros([3], 'bool')).toEqual({ dtype: 'bool', shape: [3], data: new Uint8Array(3) })
})

test('rows is a view of the same memory', () => {
  const a = float32([1, 2, 3, 4, 5, 6], [3, 2])
  const part = rows(a, 1, 3)
  expect([part.shape, [...part.data]]).toEqual([
    [2, 2],
    [3, 4, 5, 6],
  ])
  part.data[0] = 9
  expect(a.data[2]).toBe(9)
  expect(rows(a, 2, 2).shape).toEqual([0, 2])
  expect(() => rows(a, 1, 4)).toThrow('rows: 1 to 4 is outside 0 to 3')
  expect(() => rows(a, 2, 1)).toThrow('rows: 2 to 1 is outside 0 to 3')
})

test('take copies the rows it is given, in their order', () => {
  const a = int32([1, 2, 3, 4, 5, 6], [3, 2])
  const taken = take(a, [2, 0, 2])
  expect(taken).toEqual({ dtype: 'int32', shape: [3, 2], data: Int32Array.of(5, 6, 1, 2, 5, 6) })
  taken.data[0] = 9
  expect(a.data[4]).toBe(5)
  for (const bad of [3, -1, Number.NaN]) expect(() => take(a, [0, bad])).toThrow(`take: index ${bad} is outside 0 to 2`)
})

test('concatenate joins what rows cuts', () => {
  fc.assert(
    fc.property(
      fc.nat(6),
      fc.nat(6),
      fc.array(fc.float({ noNaN: true }), { minLength: 18, maxLength: 18 }),
      (i, j, values) => {
        const a = float32(values, [6, 3])
        const [from, to] = [Math.min(i, j), Math.max(i, j)]
        expect(concatenate([rows(a, 0, from), rows(a, from, to), rows(a, to, 6)])).toEqual(a)
      },
    ),
  )
})

test('concatenate refuses none and those that do not fit', () => {
  expect(() => concatenate([])).toThrow('concatenate: expected at least one array')
  expect(() => concatenate([zeros([1, 2]), zeros([1, 3])])).toThrow('expected float32 [*,2], got float32 [1,3]')
  expect(() => concatenate<'float32' | 'int32'>([zeros([2]), zeros([2], 'int32')])).toThrow(
    'expected float32 [*,], got int32 [2]',
  )
})

test('what is no typed array of ours, and numbers that are none', () => {
  for (const data of [new Float64Array(2), new Uint8ClampedArray(2), [1, 2], undefined])
    expect(() => ndarray(data as never, [2])).toThrow('ndarray: expected a Float32Array, an Int32Array or a Uint8Array')
  expect(() => ndarray(new Float32Array(2), 2 as never)).toThrow('ndarray: expected a shape, a list of lengths, got 2')
  expect(() => int32([1, 2.5])).toThrow('int32: expected integers from -2^31 to 2^31 - 1, got 2.5 at 1')
  for (const value of [2 ** 31, Number.NaN, 0.5]) expect(() => int32(value)).toThrow(`got ${value} at 0`)
  for (const make of [float32, int32]) {
    expect(() => make(['3'] as never)).toThrow('expected numbers, got 3 (string) at 0')
    expect(() => make(BigInt64Array.of(3n) as never)).toThrow('expected numbers, got 3 (bigint) at 0')
    expect(() => make([1, undefined] as never)).toThrow('expected numbers, got undefined (undefined) at 1')
    expect(() => make(undefined as never)).toThrow('expected numbers in a list, or a number, got undefined')
  }
  expect([...int32([-(2 ** 31), 2 ** 31 - 1, -0]).data]).toEqual([-(2 ** 31), 2 ** 31 - 1, 0])
})
