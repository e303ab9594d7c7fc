import { int32 } from '@cascade-diffusion/arrays'
import { expect, test } from 'vitest'
import { toNDArray } from '../arrays/elements.ts'
import { openCheckpoint, readCheckpoint } from '../open-checkpoint.ts'
import { bytesSource } from '../sources/byte-source.ts'
import { expected, fixture, fixturePath, zipOf } from '../test-support.ts'
import { parseNpy, readNpz } from './npy.ts'

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

test('big-endian arrays are those that NumPy had before', async () => {
  const [big, little] = [await readNpz(fixture('big-endian.npz')), await readNpz(fixture('arrays.npz'))]
  expect(big).toEqual(little)
  const file = await openCheckpoint(fixture('big-endian.npz'))
  for (const name of file.names.filter((name) => name !== 'int64'))
    expect(await file.read(name)).toEqual(toNDArray(little[name]!))
})

test('refuses pickled objects', async () => {
  await expect(readNpz(fixture('objects.npz'))).rejects.toThrow(
    "array 'objects.npy': npy: expected an element type of f8",
  )
  await expect(readCheckpoint(fixture('objects.npz'))).rejects.toThrow("tensor 'objects': npy: expected an element")
})

test.each(['arrays.npz', 'arrays-compressed.npz'])(
  '%s: types and shapes first, then arrays one by one',
  async (name) => {
    const arrays = await readNpz(fixture(name))
    const file = await openCheckpoint(fixturePath(name))
    expect([...file.names].sort()).toEqual(Object.keys(arrays).sort())
    for (const key of file.names) {
      expect(file.shape(key)).toEqual(arrays[key]!.shape)
      if (key === 'int64') await expect(file.read(key)).rejects.toThrow("tensor 'int64': expected int64 values")
      else expect(await file.read(key)).toEqual(toNDArray(arrays[key]!))
    }
    await file.close()
  },
)

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

test('unsigned integers are read where int32 has them', async () => {
  const header = (type: string) => `{'descr': '${type}', 'fortran_order': False, 'shape': (1,), }`
  const read = async (type: string, ...bytes: number[]) =>
    (await readCheckpoint(zipOf({ 'a.npy': npy(header(type), bytes) }))).a
  expect(await read('<u2', 255, 255)).toEqual(int32([65535]))
  expect(await read('>u2', 1, 0)).toEqual(int32([256]))
  expect(await read('<u4', 255, 255, 255, 127)).toEqual(int32([2147483647]))
  expect(await read('>u8', 0, 0, 0, 0, 0, 0, 1, 2)).toEqual(int32([258]))
  await expect(read('<u4', 0, 0, 0, 128)).rejects.toThrow("tensor 'a': expected uint32 values within the int32 range")
  await expect(read('<u8', 0, 0, 0, 0, 1, 0, 0, 0)).rejects.toThrow('expected uint64 values within the int32 range')
})

test('opening reads headers, long ones too, and reading an array that one alone', async () => {
  const header = (spaces: number) =>
    `{'descr': '<f4', 'fortran_order': False, 'shape': (100000,), }${' '.repeat(spaces)}\n`
  const zip = zipOf({
    'a.npy': npy(header(0), Array(400_000).fill(0)),
    'b.npy': npy(header(500), Array(400_000).fill(1)),
  })
  let read = 0
  const source = bytesSource(zip)
  const file = await openCheckpoint({
    ...source,
    async readInto(target, offset) {
      read += target.length
      await source.readInto(target, offset)
    },
  })
  expect(file.shape('b')).toEqual([100_000])
  const opening = read
  expect(opening).toBeLessThan(150_000)
  expect(new Set((await file.read('b')).data)).toEqual(new Set([new Float32Array(Uint8Array.of(1, 1, 1, 1).buffer)[0]]))
  expect(read - opening).toBeLessThan(402_000)
})

test('a changed byte of a header or of an array fails the checksum', async () => {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
  const sound = zipOf({ 'a.npy': npy(header, [0, 0, 0, 0, 0, 0, 0, 7]) })
  const places = [Buffer.from(sound).indexOf("shape': ") + 7, Buffer.from(sound).indexOf(7)]
  for (const place of places) {
    const damaged = Uint8Array.from(sound)
    damaged[place] = 9
    const file = await openCheckpoint(damaged)
    await expect(file.read('a')).rejects.toThrow("tensor 'a': zip: entry 'a.npy' is corrupt: expected CRC-32")
  }
})
