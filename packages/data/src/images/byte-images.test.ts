import { float32 } from '@cascade-diffusion/arrays'
import { expect, test } from 'vitest'
import { separate, toUint8 } from './byte-images.ts'
import { imageGrid } from './image-grid.ts'
import { encodePng } from './png.ts'

test('toUint8 rounds (x + 1) · 127.5 and clips', () => {
  const { shape, data } = toUint8(float32([-1, 1, 0.001, 0, -5, 7], [1, 6]))
  expect(shape).toEqual([1, 6])
  expect([...data]).toEqual([0, 255, 128, 128, 0, 255])
  expect(toUint8(float32([9.6 / 127.5 - 1, 9.4 / 127.5 - 1])).data).toEqual(Uint8Array.of(10, 9))
})

test('values that are not finite do not become pictures', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const image = float32([0, 0, bad, 0], [2, 2, 1])
    for (const make of [toUint8, encodePng, (x: typeof image) => imageGrid([[x]])])
      expect(() => make(image)).toThrow(`images: expected finite values, got ${bad} at 2 of [2,2,1]`)
  }
})

test('separate gives one image as itself and several one by one', () => {
  const data = Uint8Array.from({ length: 12 }, (_, i) => i)
  expect(separate({ shape: [2, 2, 3], data })).toEqual([{ shape: [2, 2, 3], data }])
  expect(separate({ shape: [3, 2, 2, 1], data }).map((image) => [...image.data])).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9, 10, 11],
  ])
  expect(separate(float32([-1, 1], [2, 1, 1]))).toEqual([{ shape: [2, 1, 1], data: Uint8Array.of(0, 255) }])
  expect(() => separate({ shape: [2, 1, 6], data })).toThrow(
    'images: expected [height, width, 1 to 4], or several such, got [2,1,6]',
  )
})
