import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import * as data from './index.ts'

// Calls as JavaScript makes them.
const { imageDataset, ...functions } = data
const call = functions as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>
const images = imageDataset({ name: 'images', images: { shape: [2, 1, 1, 1], data: new Uint8Array(2) } })
const folder = temporaryFolder()
const located = { decoding: {}, locate: async () => ({ images: [] }) }
const signal = new AbortController()
const expectedSignal = 'expected a signal, that of an AbortController, got an AbortController'

test.each<[string, readonly unknown[], string]>([
  ['tarShards', ['x.tar', { signal }], `tarShards: ${expectedSignal}`],
  ['parquetImages', ['x.parquet', { signal }], `parquetImages: ${expectedSignal}`],
  ['preparedImages', ['x', { signal }], `preparedImages: ${expectedSignal}`],
  ['prepareImages', [images, join(folder, 'x'), { signal }], `prepareImages: ${expectedSignal}`],
  ['inspectImages', [images, { signal }], `inspectImages: ${expectedSignal}`],
  ['splitByContent', [images, { validation: 0.5, signal }], `splitByContent: ${expectedSignal}`],
  ['lsunLmdb', [''], "openLmdb: expected the path of a folder or file, got ''"],
  ['npzImages', [''], "npzImages: expected the path of a file, got ''"],
  ['preparedImages', [''], "preparedImages: expected the path of a folder, got ''"],
  ['parquetImages', [['']], 'parquetImages: expected a path'],
  ['idxImages', [{ images: 'x', labels: null }], 'idxImages: expected labels, a text, got null'],
  ['cifar', ['x', { split: 'train', set: null }], 'cifar: expected a set'],
  ['imageFolder', [folder, { extensions: [] }], "imageFolder: expected extensions such as '.png', got an array of 0"],
  ['openImages', [folder, { split: '' }], 'openImages: expected split'],
  ['openImages', [folder, { split: null }], 'openImages: expected split'],
  ['writeTar', [join(folder, 'x.tar'), null], 'writeTar: expected entries { name, bytes }, got null'],
  ['readBatch', [images, 0], 'readBatch: expected indices, a list of numbers, got 0'],
  ['readBatch', [images, ['0']], "readBatch: expected indices from 0 to 1 of images, got '0'"],
  ['readBatch', [images, [0], { rng: 3 }], 'readBatch: expected rng, a key such as rng(0) gives, got 3'],
  ['readBatch', [images, [0], { firstIndex: 'x' }], "readBatch: expected firstIndex, an integer from 0, got 'x'"],
  [
    'imageLoader',
    [images, { batchSize: 2, rng: rng(0), rank: { index: 0, count: 1, size: 2 } }],
    "imageLoader: rank: unknown option 'size'",
  ],
  ['inspectionText', [{ inspection: {} }], 'inspectionText: expected an inspection, as inspectImages gives it, got'],
  ['inspectionPage', [undefined], 'inspectionPage: expected an inspection, as inspectImages gives it, got undefined'],
  ['encodedSource', [{ name: 'x', count: 1, encoded: {} }], 'encodedSource: expected encoded images, { decoding, loc'],
  ['encodedSource', [{ name: 'x', count: 0, encoded: located }], "encodedSource: dataset 'x': expected a count"],
  ['encodedSource', [{ name: 'x', cuont: 1, encoded: located }], "Did you mean 'count'?"],
  [
    'checkSource',
    ['x', { ...images, encoded: 3 }],
    "x: dataset 'images': expected encoded images, { decoding, locate }",
  ],
  ['checkSource', ['x', { ...images, readLabels: [0] }], "x: dataset 'images': expected readLabels, a function"],
])('%s(%j) is refused', async (name, args, message) => {
  const called = (async () => call[name]!(...args))()
  await expect(called).rejects.toMatchObject({ code: 'input', message: expect.stringContaining(message) })
})

test.runIf(existsSync('/proc/self/mem'))('a file that cannot be read is an error of code file', async () => {
  const unreadable = { code: 'file', message: expect.stringContaining('/proc/self/mem could not be read') }
  await expect(data.openImages('/proc/self/mem')).rejects.toMatchObject(unreadable)
})

test('a folder where a manifest is expected', async () => {
  mkdirSync(join(folder, 'manifest.json'))
  const unreadable = { code: 'file', message: expect.stringContaining('manifest.json: could not be read: EISDIR') }
  await expect(data.preparedImages(folder)).rejects.toMatchObject(unreadable)
})
