import { float32 } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { batch, imageDataset } from './image-dataset.ts'
import { resizeArea, resized } from './resize-area.ts'

test('each pixel is the mean of its block', () => {
  const image = float32([1, 2, 5, 6, 3, 4, 7, 8, 0, 0, 9, 9, 0, 2, 9, 9], [1, 4, 4, 1])
  expect(resizeArea(image, 2)).toEqual(float32([2.5, 6.5, 0.5, 9], [1, 2, 2, 1]))
  expect(resizeArea(image, 4)).toEqual(image)
  expect(resizeArea(image, 1).data[0]).toBeCloseTo(74 / 16, 6)
})

test('images and channels are kept apart', () => {
  const images = rng(0).normal([2, 6, 6, 3])
  const small = resizeArea(images, 2)
  expect(small.shape).toEqual([2, 2, 2, 3])
  for (const [n, y, x, c] of [
    [0, 0, 0, 0],
    [1, 1, 0, 2],
    [0, 1, 1, 1],
    [1, 0, 1, 0],
  ] as const) {
    let sum = 0
    for (const dy of [0, 1, 2])
      for (const dx of [0, 1, 2]) sum += images.data[((n * 6 + 3 * y + dy) * 6 + 3 * x + dx) * 3 + c]!
    expect(small.data[((n * 2 + y) * 2 + x) * 3 + c]).toBeCloseTo(sum / 9, 6)
  }
})

test('resized makes the images of a data set smaller, rounded to bytes', () => {
  const data = Uint8Array.from(rng(1).integers([2 * 4 * 4], 0, 256).data)
  const dataset = imageDataset({
    name: 'noise',
    images: { shape: [2, 4, 4, 1], data },
    labels: Int32Array.of(1, 0),
    classNames: ['a', 'b'],
  })
  const small = resized(dataset, 2)
  expect(small).toMatchObject({ name: 'noise', classNames: ['a', 'b'], images: { shape: [2, 2, 2, 1] } })
  const exact = resizeArea(batch(dataset, [0, 1]).image, 2)
  batch(small, [0, 1]).image.data.forEach((x, i) => {
    expect(Math.abs(x - exact.data[i]!)).toBeLessThan(0.5 / 127.5 + 1e-6)
  })
})

test('sizes that do not divide are told', () => {
  expect(() => resizeArea(float32(new Float32Array(28 * 28), [1, 28, 28, 1]), 16)).toThrow(
    'wrong image size: expected a square of a whole multiple of 16, got 28 × 28',
  )
  expect(() => resizeArea(float32(new Float32Array(8), [1, 2, 4, 1]), 2)).toThrow('wrong image size')
  expect(() => resizeArea(float32(new Float32Array(4), [1, 2, 2, 1]), 4)).toThrow('wrong image size')
})
