import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sizeOf } from '@cascade-diffusion/arrays'
import { expect, test } from 'vitest'
import { byteWidth } from '../arrays/elements.ts'
import { readNpz } from './npy.ts'
import { numpyArrays } from './numpy-arrays.ts'

const fixture = (name: string) => join(import.meta.dirname, '../fixtures', name)

test('the places of stored arrays', async () => {
  const file = readFileSync(fixture('arrays.npz'))
  const arrays = await numpyArrays(fixture('arrays.npz'))
  const values = await readNpz(fixture('arrays.npz'))
  expect([...arrays.keys()]).toEqual(Object.keys(values))
  for (const [name, { type, shape, position, bigEndian, columnMajor }] of arrays) {
    const { data } = values[name]!
    expect(shape).toEqual(values[name]!.shape)
    if (bigEndian || columnMajor || type !== values[name]!.dtype) continue
    const bytes = file.subarray(position, position! + sizeOf(shape) * byteWidth[type])
    expect(bytes).toEqual(Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  }
})

test('compressed arrays have none; a .npy file has one array', async () => {
  const arrays = await numpyArrays(fixture('arrays-compressed.npz'))
  expect(arrays.size).toBeGreaterThan(0)
  for (const { position } of arrays.values()) expect(position).toBeUndefined()
  const npy = Buffer.alloc(128 + 6)
  npy.write(`\x93NUMPY\x01\x00\x76\x00{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }`.padEnd(127), 'latin1')
  npy.write('\n', 127)
  expect([...(await numpyArrays(new Uint8Array(npy)))]).toEqual([
    ['', { type: 'uint8', shape: [2, 3], bigEndian: false, columnMajor: true, position: 128 }],
  ])
})

test('other files', async () => {
  await expect(
    numpyArrays(new Uint8Array(Buffer.from('version https://git-lfs.github.com/spec/v1\n'))),
  ).rejects.toThrow('bytes: expected an .npz archive or a .npy file, got a pointer of Git LFS, not the arrays')
  await expect(numpyArrays(new Uint8Array([0x93, 78]))).rejects.toThrow(
    'npy bytes: npy: expected a file that begins with',
  )
  await expect(numpyArrays(fixture('odd.h5'))).rejects.toThrow('got an HDF5 file')
})
