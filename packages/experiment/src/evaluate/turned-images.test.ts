import { imageDataset, readBatch } from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { randomlyTurned, turnedImages } from './turned-images.ts'

const source = (height: number, width: number) =>
  imageDataset({
    name: 'numbers',
    images: { shape: [2, height, width, 1], data: Uint8Array.from({ length: 2 * height * width }, (_, i) => i) },
  })

test('squares in four turns, anticlockwise, each read once', async () => {
  const turned = turnedImages(source(2, 2))
  expect(turned).toMatchObject({ count: 8, size: [2, 2], classNames: ['0°', '90°', '180°', '270°'] })
  const { images, labels } = await turned.read([0, 1, 2, 3, 5])
  // 0 1    1 3    3 2    2 0
  // 2 3    0 2    1 0    3 1
  expect(images.map(({ data }) => [...data])).toEqual([
    [0, 1, 2, 3],
    [1, 3, 0, 2],
    [3, 2, 1, 0],
    [2, 0, 3, 1],
    [5, 7, 4, 6],
  ])
  expect(Array.from(labels!)).toEqual([0, 1, 2, 3, 1])
})

test('rectangles in two', async () => {
  const turned = turnedImages(source(1, 3))
  expect(turned).toMatchObject({ count: 4, classNames: ['0°', '180°'] })
  expect((await turned.read([3])).images[0]!.data).toEqual(Uint8Array.of(5, 4, 3))
})

test('a batch is turned at random, as the labels say', async () => {
  const images = source(2, 2)
  const { image } = await readBatch(images, Array(32).fill(1))
  const { image: made, label } = randomlyTurned(image, rng(3))
  const all = await readBatch(turnedImages(images), [4, 5, 6, 7])
  for (const [i, turn] of [...label.data].entries())
    expect(made.data.subarray(4 * i, 4 * i + 4)).toEqual(all.image.data.subarray(4 * turn, 4 * turn + 4))
  expect(new Set(label.data).size).toBe(4)
})
