import { expect, test } from 'vitest'
import { parseNpy, readNpz } from './npy.ts'
import { expected, fixture, fixturePath } from './test-support.ts'

test.each(['arrays.npz', 'arrays-compressed.npz'])('reads %s as NumPy wrote it, in full precision', async (name) => {
  const arrays = await readNpz(fixturePath(name))
  expect(Object.keys(arrays).sort()).toEqual(Object.keys(expected.arrays).sort())
  for (const [key, { shape, values }] of Object.entries(expected.arrays)) {
    const { dtype, data, shape: actual } = arrays[key]!
    expect(actual).toEqual(shape)
    if (dtype === 'int64') expect([...data]).toEqual(values.map(BigInt))
    else expect([...(data as Float64Array)]).toEqual(values.map(Number))
  }
  expect(arrays.float64?.data).toBeInstanceOf(Float64Array)
  expect(arrays.float16?.data).toBeInstanceOf(Float32Array)
  expect(arrays.bool?.dtype).toBe('bool')
})

test('refuses pickled objects and other byte orders', async () => {
  await expect(readNpz(fixture('objects.npz'))).rejects.toThrow(
    "array 'objects.npy': npy: expected an element type of <f8",
  )
  await expect(readNpz(fixture('big-endian.npz'))).rejects.toThrow('got >f8')
})

function npy(header: string, data: number[], version = 1): Uint8Array {
  const length =
    version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0]
  return Uint8Array.from([0x93, ...Buffer.from('NUMPY'), version, 0, ...length, ...Buffer.from(header), ...data])
}

test('reads format versions 1 to 3', () => {
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n"
  for (const version of [1, 2, 3])
    expect(parseNpy(npy(header, [4, 5], version))).toEqual({ dtype: 'uint8', shape: [2], data: Uint8Array.of(4, 5) })
  expect(() => parseNpy(npy(header, [4, 5], 4))).toThrow('expected format version 1, 2 or 3, got 4')
})

test('says what is wrong', () => {
  const header = (shape: string) => `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`
  expect(() => parseNpy(Uint8Array.of(1, 2, 3))).toThrow("begins with '\\x93NUMPY'")
  expect(() => parseNpy(npy(header('(2,)'), [0, 0, 0, 0]))).toThrow('expected 8 bytes of <f4 [2], got 4')
  expect(() => parseNpy(npy(header('(99999999999,)'), []))).toThrow('expected 399999999996 bytes')
  expect(() => parseNpy(npy('{}', []))).toThrow('expected a header of descr, fortran_order and shape, got {}')
  expect(() => parseNpy(npy(header('()'), [0, 0, 0, 0]).subarray(0, 20))).toThrow('the file has 20')
})
