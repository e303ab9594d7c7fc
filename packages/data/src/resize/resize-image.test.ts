import { readFileSync } from 'node:fs'
import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { expect, expectTypeOf, test } from 'vitest'
import type { ByteImages } from '../images/byte-images.ts'
import { expectedOf, type PillowCase, picture, resultOf } from '../testing/pillow-cases.ts'
import { resizeFilters, resizeImage } from './resize-image.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'))
const { cases } = read('pillow-resize.json') as { cases: PillowCase[] }

test.each(resizeFilters)('%s: every image is what Pillow makes of it', (name) => {
  const some = cases.filter(({ filter }) => filter === name)
  expect(some.length).toBeGreaterThan(50)
  for (const one of some) expect({ ...one, ...resultOf(one) }).toEqual({ ...one, ...expectedOf(one) })
})

test('the cases have every kind of image, enlarged and reduced, with boxes and without', () => {
  for (const channels of [1, 2, 3, 4]) expect(cases.some(({ from }) => from[2] === channels)).toBe(true)
  expect(cases.filter(({ kind }) => kind === 'numbers').length).toBeGreaterThan(50)
  expect(cases.filter(({ box }) => box).length).toBeGreaterThan(50)
  const grows = cases.map(({ from, to }) => `${from[0] < to[0]} ${from[1] < to[1]}`)
  expect(new Set(grows).size).toBe(4)
})

test('several images are resized one by one, in bytes and in numbers', () => {
  const one = picture({ seed: 5, kind: 'noise', from: [9, 7, 3] })
  const other = picture({ seed: 6, kind: 'noise', from: [9, 7, 3] })
  const both = { shape: [2, 9, 7, 3], data: Uint8Array.of(...one.data, ...other.data) }
  const small = resizeImage(both, [4, 5], { filter: 'bicubic' })
  expect(small.shape).toEqual([2, 4, 5, 3])
  const each = [one, other].map((image) => [...resizeImage(image, [4, 5], { filter: 'bicubic' }).data])
  expect([...small.data]).toEqual(each.flat())
  const numbers = float32(Float32Array.from(both.data), both.shape)
  const channels = float32(
    Float32Array.from({ length: 63 }, (_, i) => one.data[3 * i + 1]!),
    [9, 7, 1],
  )
  const made = resizeImage(numbers, [4, 5], { filter: 'lanczos' })
  expect([made.dtype, made.shape]).toEqual(['float32', [2, 4, 5, 3]])
  expect([...resizeImage(channels, [4, 5], { filter: 'lanczos' }).data]).toEqual(
    Array.from({ length: 20 }, (_, i) => made.data[3 * i + 1]),
  )
})

test('an even image stays as it is, at any size', () => {
  for (const filter of resizeFilters)
    for (let size = 1; size <= 27; size += 2) {
      const { data } = resizeImage({ shape: [13, 13, 3], data: new Uint8Array(507).fill(201) }, size, { filter })
      expect(data).toEqual(new Uint8Array(size * size * 3).fill(201))
    }
})

test('a box of whole pixels: their mean, halves upwards', () => {
  const data = Uint8Array.of(0, 1, 1, 0, 1, 2, 2, 1, 255, 255, 255, 254, 10, 20, 30, 41)
  const mean = resizeImage({ shape: [4, 2, 2, 1], data }, 1, { filter: 'box' })
  // Each axis is rounded: 0.5 and 0.5 are 1 and 1; 15 and 35.5 are 15 and 36.
  expect(mean).toEqual({ shape: [4, 1, 1, 1], data: Uint8Array.of(1, 2, 255, 26) })
})

test('the result is memory of its own, and the image is not changed', () => {
  const image = picture({ seed: 5, kind: 'noise', from: [4, 4, 4] })
  const before = image.data.slice()
  for (const size of [4, 3, 9]) {
    const { data } = resizeImage(image, size, { filter: 'bilinear' })
    data.fill(0)
    expect(image.data).toEqual(before)
  }
})

test('colours count by their alpha', () => {
  const data = Uint8Array.of(255, 0, 0, 0, 0, 0, 255, 255)
  expect(resizeImage({ shape: [1, 2, 4], data }, 1, { filter: 'box' }).data).toEqual(Uint8Array.of(0, 0, 255, 128))
})

test('bytes give bytes, numbers give numbers', () => {
  const bytes: ByteImages = { shape: [1, 1, 1], data: Uint8Array.of(7) }
  expectTypeOf(resizeImage(bytes, 2, { filter: 'box' })).toEqualTypeOf<ByteImages>()
  expectTypeOf(resizeImage(float32([7], [1, 1, 1]), 2, { filter: 'box' })).toEqualTypeOf<NDArray<'float32'>>()
  // @ts-expect-error: a filter by its name
  expect(() => resizeImage(bytes, 2, { filter: 'cubic' })).toThrow(
    "resizeImage: expected a filter, one of 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos', 'nearest'; got 'cubic'. Did you mean 'bicubic'?",
  )
})

test('what is no image, size or box is an error', () => {
  const image = { shape: [4, 6, 3], data: new Uint8Array(72) }
  const resized = (images: unknown, size: unknown, options: object = {}) =>
    resizeImage(images as ByteImages, size as number, { filter: 'box', ...options })
  for (const size of [0, 1.5, [2], [2, 0], '2'])
    expect(() => resized(image, size)).toThrow(
      'resizeImage: expected a size, an integer from 1 or [height, width], got',
    )
  expect(() => resized({ shape: [4, 6, 3], data: new Uint8Array(71) }, 2)).toThrow(
    'resizeImage: expected [height, width, 1 to 4], or several such, got [4,6,3] of 71 bytes',
  )
  expect(() => resized({ shape: [4, 3, 6], data: new Uint8Array(72) }, 2)).toThrow('got [4,3,6] of 72 bytes')
  expect(() => resized({ shape: [0, 3, 3], data: new Uint8Array(0) }, 2)).toThrow('got [0,3,3] of 0 bytes')
  expect(() => resized({ shape: [1, 2], data: [0, 1] }, 2)).toThrow(
    'resizeImage: expected images in bytes or a float32 array',
  )
  expect(() => resized(undefined, 2)).toThrow('resizeImage: expected images')
  for (const box of [
    [0, 0, 5, 6],
    [0, -1, 4, 6],
    [1, 1, 1, 6],
    [0, 0, 4],
    [0, 0, Number.NaN, 6],
  ])
    expect(() => resized(image, 2, { box })).toThrow(
      `resizeImage: expected a box, [top, left, bottom, right] inside 4×6, got [${box}]`,
    )
  expect(() => resized(image, 2, { bos: [0, 0, 1, 1] })).toThrow(
    "resizeImage: unknown option 'bos'. Did you mean 'box'?",
  )
})
