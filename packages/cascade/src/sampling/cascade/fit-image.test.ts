import { resizeImage } from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { fitImage } from './fit-image.ts'

const image = (height: number, width: number) => ({
  shape: [height, width, 3],
  data: Uint8Array.from(rng(9).integers([height * width * 3], 0, 256).data),
})

test('the middle is cut out in the shape of the size', () => {
  const wide = image(10, 40)
  expect(fitImage(wide, [4, 8])).toEqual(resizeImage(wide, [4, 8], { filter: 'box', box: [0, 10, 10, 30] }))
  const high = image(6, 2)
  expect(fitImage(high, [4, 4])).toEqual(resizeImage(high, [4, 4], { filter: 'bicubic', box: [2, 0, 4, 2] }))
  expect(fitImage(wide, [10, 40])).toBe(wide)
})

test('areas are averaged', () => {
  const data = Uint8Array.from([0, 10, 20, 0, 0, 30, 40, 0])
  expect([...fitImage({ shape: [2, 4, 1], data }, [1, 1]).data]).toEqual([25])
})

test('sizes that are no multiples of each other never reach past the edge', () => {
  for (const [h, w] of [
    [7, 3],
    [49, 37],
    [101, 83],
  ] as const)
    for (const size of [
      [3, 7],
      [6, 5],
      [11, 13],
    ] as const)
      expect(fitImage(image(h, w), size).shape).toEqual([...size, 3])
})
