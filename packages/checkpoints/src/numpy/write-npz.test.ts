import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { float32, int32, ndarray } from '@cascade-diffusion/arrays'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { openCheckpoint, readCheckpoint } from '../open-checkpoint.ts'
import { writeNpz } from './write-npz.ts'

const folder = temporaryFolder()

test('tensors of every type are read as they were written, in order', async () => {
  const tensors = {
    'a.weight': float32([1.5, -2, 3, Number.NaN, 0, 1e-30], [2, 3]),
    steps: int32([1, -(2 ** 31)]),
    flags: ndarray(Uint8Array.of(1, 0, 1), [3]),
    nothing: float32([], [0]),
    one: float32([7], []),
  }
  const path = join(folder, 'all.npz')
  await writeNpz(path, tensors)
  expect(await readCheckpoint(path)).toEqual(tensors)
  const file = await openCheckpoint(path)
  expect([file.format, file.names]).toEqual(['npz', Object.keys(tensors)])
  const again = join(folder, 'again.npz')
  await writeNpz(
    again,
    Object.fromEntries(
      file.names.map((name) => [
        name,
        { dtype: file.dtype(name), shape: file.shape(name), read: () => file.read(name) },
      ]),
    ),
  )
  await file.close()
  expect(await readCheckpoint(again)).toEqual(tensors)
})

test('what cannot be written leaves nothing', async () => {
  const place = temporaryFolder()
  const path = join(place, 'wrong.npz')
  await expect(writeNpz(path, {})).rejects.toThrow('expected at least one tensor, got none')
  const lazy = { dtype: 'float32', shape: [2], read: async () => float32([1]) } as const
  await expect(writeNpz(path, { lazy })).rejects.toThrow("'lazy': expected float32 [2] as announced, got float32 [1]")
  expect(readdirSync(place)).toEqual([])
})
