import '@tensorflow/tfjs-backend-cpu'
import { float32 } from '@cascade-diffusion/arrays'
import { resizeImage } from '@cascade-diffusion/data'
import { eager, resizeBicubic, resizeBilinear } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { resampleImages } from './resample-images.ts'

const images = float32(
  rng(1)
    .normal([2, 6, 4, 3])
    .data.map((x) => x / 4),
  [2, 6, 4, 3],
)

test.each([[[9, 10]], [[4, 3]], [[6, 4]]] as const)(
  'bilinear and bicubic to %j are the operations with the filter of Pillow',
  async (size) => {
    for (const [method, resize] of [
      ['bilinear', resizeBilinear],
      ['bicubic', resizeBicubic],
    ] as const) {
      const expected = await eager((x: Tensor4D) => resize(x, size, { antialias: true }))(images)
      const made = resampleImages(images, size, method)
      expect(made.shape).toEqual([2, ...size, 3])
      expect(greatestDifference(made.data, expected.data)).toBeLessThan(1e-6)
    }
  },
)

test.each([[[3, 4]], [[2, 1]], [[1, 1]]] as const)('areas of whole pixels, to %j, are boxes of the data', (size) => {
  const made = resampleImages(images, size, 'area')
  expect(greatestDifference(made.data, resizeImage(images, size, { filter: 'box' }).data)).toBeLessThan(1e-6)
})

test('pixels at the edge of an area count by the part of them that it covers', () => {
  const ramp = float32([0.3, 0.6, 0.9], [1, 1, 3, 1])
  expect(greatestDifference(resampleImages(ramp, [1, 2], 'area').data, [0.4, 0.8])).toBeLessThan(1e-6)
})

test('the nearest pixel is the one that a centre is in', () => {
  const ramp = float32([0, 0.1, 0.2, 0.3], [1, 1, 4, 1])
  const nearest = (width: number) =>
    [...resampleImages(ramp, [2, width], 'nearest').data].map((x) => Math.round(x * 10))
  expect(nearest(8)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 1, 1, 2, 2, 3, 3])
  expect(nearest(2)).toEqual([1, 3, 1, 3])
  expect(nearest(6)).toEqual([0, 1, 1, 2, 3, 3, 0, 1, 1, 2, 3, 3])
})

test('cubic interpolation does not leave [-1, 1]', () => {
  const edge = float32([-1, -1, 1, 1], [1, 1, 4, 1])
  const { data } = resampleImages(edge, [1, 16], 'bicubic')
  expect([Math.min(...data), Math.max(...data)]).toEqual([-1, 1])
})
