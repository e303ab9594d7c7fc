import { deflateSync } from 'node:zlib'
import { float32, int32, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { expect, test } from 'vitest'
import { openCheckpoint, readCheckpoint } from '../open-checkpoint.ts'
import { fixture, fixturePath } from '../test-support.ts'
import { unfilter } from './data/filters.ts'
import { computed, expectedKeras, plain } from './test-support.ts'

const grid = (shape: number[]): NDArray =>
  float32(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => i / 4),
    shape,
  )
const counted = (n: number): NDArray => int32(Int32Array.from({ length: n }, (_, i) => i))
const whole = grid([7, 5, 3])

test('all element types, chunks with and without filters, compact data, links, as h5py wrote them', async () => {
  const tensors = await readCheckpoint(fixturePath('hdf5.h5'))
  const arrays = Object.fromEntries(Object.entries(tensors).filter(([name]) => name in expectedKeras['hdf5.h5']!))
  expect(plain(arrays)).toEqual(computed(expectedKeras['hdf5.h5']!, tensors))
  expect(tensors.bool!.dtype).toBe('bool')
  const others = Object.fromEntries(Object.entries(tensors).filter(([name]) => !(name in arrays)))
  expect(others).toEqual({
    'chunks/plain': whole,
    'chunks/both': whole,
    'chunks/many': counted(140),
    compact: grid([5, 3]),
  })
})

test('the newest form of file, whose chunks are found in other ways', async () => {
  expect(await readCheckpoint(fixture('hdf5-latest.h5'))).toEqual({
    'chunks/plain': whole,
    'chunks/shuffle': whole,
    'chunks/deflate': whole,
    'chunks/one': whole,
    'chunks/packed': whole,
    'chunks/many': counted(1100),
    compact: grid([5, 3]),
    early: whole,
  })
})

test('shapes and types before anything is read; texts are metadata', async () => {
  const file = await openCheckpoint(fixturePath('hdf5.h5'))
  expect(file.format).toBe('hdf5')
  expect([file.dtype('float16'), file.shape('uint8'), file.shape('scalar')]).toEqual(['float32', [1, 2, 3], []])
  expect(file.metadata).toEqual({ text: 'größer', fixed: 'fixed' })
  expect(file.names).not.toContain('text')
  expect(await file.read('chunks/both')).toEqual(whole)
  await file.close()
  const latest = await openCheckpoint(fixture('hdf5-latest.h5'))
  expect(latest.metadata).toEqual({ text: 'größer' })
})

test.each([
  ['hdf5-big-endian.h5', "tensor 'a': expected little-endian numbers, got big-endian floats of 32 bits"],
  ['hdf5-lzf.h5', "tensor 'a': expected chunks of the filters deflate (gzip) and shuffle, got lzf (32000)"],
  ['hdf5-large-group.h5', 'root: expected at most 8 members of a group of the new kind'],
  [
    'hdf5-growing.h5',
    "tensor 'a': chunks: expected an index by B-tree of version 1 or by fixed array, got extensible array",
  ],
  ['hdf5-cycle.h5', "'a/b': expected a tree of groups, reached a group twice"],
])('%s is refused', async (name, message) => {
  await expect(readCheckpoint(fixturePath(name))).rejects.toThrow(`HDF5 ${fixturePath(name)}: ${message}`)
})

test('data that was never written is refused when it is read', async () => {
  const file = await openCheckpoint(fixture('hdf5-unwritten.h5'))
  await expect(file.read('contiguous')).rejects.toThrow("tensor 'contiguous': expected data, got none")
  await expect(file.read('chunked')).rejects.toThrow("tensor 'chunked': expected 3 chunks, got 1")
})

const small = fixture('hdf5-small.h5')

/** A copy of the small file with other bytes somewhere after a structure's name, or after the n-th of that name. */
function patched(structure: string, offset: number, bytes: readonly number[], n = 0): Uint8Array {
  const copy = Buffer.from(small)
  let at = copy.indexOf(structure, 0, 'latin1')
  for (let i = 0; i < n; i++) at = copy.indexOf(structure, at + 1, 'latin1')
  expect(at).toBeGreaterThan(-1)
  copy.set(bytes, at + offset)
  return new Uint8Array(copy)
}

const addressOf = (structure: string, n = 0) => {
  let at = Buffer.from(small).indexOf(structure)
  for (let i = 0; i < n; i++) at = Buffer.from(small).indexOf(structure, at + 1)
  return [at & 255, at >> 8, 0, 0, 0, 0, 0, 0]
}

/** Type 1: the tree of chunks, whose keys are 24 bytes: size, mask, two offsets. */
const chunkTree = 'TREE\x01'
const chunkAddress = (i: number) => 24 + i * 32 + 24
const shapeOf10 = '\x01\x01\x01\0\0\0\0\0\x0a\0\0\0\0\0\0\0\x0a'
const far = [0, 0, 0, 0, 0, 1, 0, 0]

test('a shape of 2^40 makes one array unreadable', async () => {
  const file = await openCheckpoint(patched(shapeOf10, 8, [0, 0, 0, 0, 0, 1]))
  expect([file.names, file.unreadable.get('b')]).toEqual([
    ['c'],
    'expected arrays of at most 268435456 bytes in a file of 7040, got more',
  ])
})

test.each<[string, Uint8Array, string]>([
  ['a group that is its own child', patched('SNOD', 8 + 8, addressOf('TREE').with(0, 96)), 'reached a group twice'],
  ['a structure past the end', patched('SNOD', 8 + 8, far), 'cut short or corrupt'],
  ['a group of another kind of tree', patched('TREE', 4, [1]), "expected a B-tree's node of type 0"],
  [
    'a tree whose node is its own child',
    patched('TREE', 5, [1, 1, 0].concat(Array(16).fill(255), Array(8).fill(0), addressOf('TREE'))),
    'reached a node twice',
  ],
  ['a heap of names that is none', patched('HEAP', 0, [0]), 'expected a structure HEAP'],
  ['names without an end', patched('HEAP', 8, far), 'cut short or corrupt'],
])('refused when it is opened: %s', async (_, bytes, message) => {
  await expect(openCheckpoint(bytes)).rejects.toThrow(message)
})

test.each<[string, Uint8Array, string]>([
  ['a shape of 2^26', patched(shapeOf10, 8, [0, 0, 0, 4]), 'expected an index of 16777216 chunks'],
  ['fewer chunks than that', patched(shapeOf10, 8, [13]), 'expected 4 chunks, got 3'],
  [
    'chunks that overlap',
    patched(chunkTree, chunkAddress(1), [
      ...small.slice(Buffer.from(small).indexOf(chunkTree, 0, 'latin1') + chunkAddress(0)).slice(0, 8),
    ]),
    'chunks overlap',
  ],
  ['a chunk past the end', patched(chunkTree, chunkAddress(1), far), 'cut short or corrupt'],
  ['a chunk twice', patched(chunkTree, 24 + 32 + 8, [0]), 'once each, got one at [0]'],
  ['a chunk at a wrong place', patched(chunkTree, 24 + 32 + 8, [5]), 'once each, got one at [5]'],
  ['a chunk of other bytes', patched(chunkTree, 24, [1]), 'does not inflate'],
])('refused when the tensor is read: %s', async (_, bytes, message) => {
  const file = await openCheckpoint(bytes)
  await expect(file.read('b')).rejects.toThrow(message)
  expect((await file.read('c')).data.length).toBe(2)
})

test('a file cut short anywhere is refused', async () => {
  for (let length = 9; length < small.length; length += 61)
    await expect(readCheckpoint(small.slice(0, length))).rejects.toThrow(/^HDF5 bytes: .*(cut short|corrupt)/)
})

test('a bomb is not inflated beyond what its chunk may hold', () => {
  const bomb = deflateSync(new Uint8Array(50_000_000))
  const filters = [{ id: 1, name: 'deflate' }]
  expect(() => unfilter(bomb, filters, 0, 4, 1000)).toThrow('a chunk does not inflate to 1000 bytes')
  expect(() => unfilter(bomb, filters, 1, 4, 1000)).toThrow(`expected a chunk of 1000 bytes, got ${bomb.length}`)
})
