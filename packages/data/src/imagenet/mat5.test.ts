import { readFileSync } from 'node:fs'
import { isCascadeError } from '@cascade-diffusion/checks'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { type MatValue, readMat5 } from './mat5.ts'

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
const plain = fixture('plain.mat')
const packed = fixture('ILSVRC2012_devkit_t12/data/meta.mat')

const field = (value: MatValue | undefined, index: number, name: string) =>
  value?.kind === 'structs' ? value.structs[index]?.get(name) : undefined

test.each([
  ['plain.mat', plain],
  ['meta.mat', packed],
])('%s: the structs that scipy wrote', (file, bytes) => {
  const synsets = readMat5(bytes, file).get('synsets')
  expect(synsets).toMatchObject({ kind: 'structs', dims: [8, 1] })
  expect(field(synsets, 0, 'ILSVRC2012_ID')).toEqual({ kind: 'numbers', dims: [1, 1], data: [1] })
  expect(field(synsets, 5, 'ILSVRC2012_ID')).toEqual({ kind: 'numbers', dims: [1, 1], data: [300] })
  expect(field(synsets, 0, 'WNID')).toEqual({ kind: 'text', text: 'n02119789' })
  expect(field(synsets, 5, 'gloss')).toEqual({ kind: 'text', text: 'tights for dancers, café' })
  expect(field(synsets, 6, 'children')).toEqual({ kind: 'numbers', dims: [1, 2], data: [1002, 4] })
  expect(field(synsets, 0, 'children')).toMatchObject({ kind: 'numbers', data: [] })
})

test('cells, matrices in column-major order and empty ones', () => {
  const values = readMat5(plain, 'plain.mat')
  expect(values.get('numbers')).toEqual({ kind: 'numbers', dims: [2, 2], data: [1.5, 3, -2, 4] })
  expect(values.get('nothing')).toEqual({ kind: 'numbers', dims: [0, 0], data: [] })
  expect(values.get('cells')).toEqual({
    kind: 'cells',
    dims: [1, 2],
    cells: [
      { kind: 'text', text: 'a' },
      { kind: 'numbers', dims: [1, 1], data: [2.5] },
    ],
  })
})

test('other files are refused by name', () => {
  const message = "x.mat: expected a file of MATLAB 5, which begins with 'MATLAB 5.0'"
  expect(() => readMat5(new Uint8Array(0), 'x.mat')).toThrow(message)
  expect(() => readMat5(Buffer.from('MATLAB 7.3 MAT-file'.padEnd(200)), 'x.mat')).toThrow(message) // HDF5
  expect(() => readMat5(packed.subarray(0, -9), 'x.mat')).toThrow('x.mat: could not be read')
})

test('damaged files are read, or refused as data: never another error', () => {
  let refused = 0
  for (let i = 0; i < 3000; i++) {
    const [a = 0, b = 0, c = 0, d = 0] = rng(0).fold(`${i}`).uniform([4]).data
    const bytes = Uint8Array.from(plain)
    for (const [place, value] of [
      [a, b],
      [c, d],
    ] as const)
      bytes[128 + Math.floor(place * (bytes.length - 128))] = 256 * value
    try {
      readMat5(bytes, 'x.mat')
    } catch (error) {
      if (!isCascadeError(error, 'data')) throw error
      refused++
    }
  }
  expect(refused).toBeGreaterThan(300)
})
