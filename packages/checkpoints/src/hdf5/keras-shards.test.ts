import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { openCheckpoint, readCheckpoint } from '../open-checkpoint.ts'
import { bytesSource } from '../sources/byte-source.ts'
import { fixture } from '../test-support.ts'
import { openZip } from '../zip/zip.ts'

const weights = await (await openZip(bytesSource(fixture('keras3.keras')))).read('model.weights.h5')

/** Two shards, as Keras names them, and an index. */
function write(map: unknown): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'm_00000.weights.h5'), weights)
  writeFileSync(join(folder, 'm_00001.weights.h5'), fixture('hdf5.h5'))
  const path = join(folder, 'm.weights.json')
  writeFileSync(path, JSON.stringify({ metadata: { total_size: 1 }, weight_map: map }))
  return path
}

const map = {
  '/layers/conv2d/vars': 'm_00000.weights.h5',
  '/layers/dense/vars': ['m_00000.weights.h5'],
  '/chunks': ['m_00001.weights.h5'],
}

test('the weights of all shards, read from the files that have them', async () => {
  const path = write(map)
  const file = await openCheckpoint(path)
  const parts = [await readCheckpoint(weights), await readCheckpoint(fixture('hdf5.h5'))]
  expect(file.format).toBe('keras')
  expect(await file.readAll()).toEqual({ ...parts[0], ...parts[1] })
  expect(await file.read('layers/dense/vars/1')).toEqual(parts[0]!['layers/dense/vars/1'])
  expect(file.metadata).toMatchObject({ 'layers/dense/vars/name': 'head', text: 'größer' })
  await file.close()
})

test.each<[string, unknown, string]>([
  [
    'a file that is not there',
    { '/chunks': 'm_00002.weights.h5' },
    'm_00002.weights.h5: expected a file, there is none',
  ],
  ['a file elsewhere', { '/chunks': '../m_00000.weights.h5' }, 'expected a plain name of a file beside it'],
  ['weights that are not there', { '/chunks': 'm_00000.weights.h5' }, "expected weights of '/chunks', there are none"],
  ['a number', { '/chunks': ['m_00001.weights.h5', 3] }, "'/chunks': expected files' names, got 3"],
])('an index with %s is refused', async (_, index, message) => {
  const path = write(index)
  await expect(openCheckpoint(path)).rejects.toThrow(`Keras ${path}: `)
  await expect(openCheckpoint(path)).rejects.toThrow(message)
})

test('a weight that two shards have is refused', async () => {
  const path = write(map)
  writeFileSync(path.replace('m.weights.json', 'm_00001.weights.h5'), weights)
  await expect(openCheckpoint(path)).rejects.toThrow("expected one weight 'layers/conv2d/vars/0', got two")
})
