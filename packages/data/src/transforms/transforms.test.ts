import { rng } from '@cascade-diffusion/random'
import { describe, expect, test } from 'vitest'
import type { ByteImages } from '../images/byte-images.ts'
import { resizeImage } from '../resize/resize-image.ts'
import { centerCrop } from './crops/center-crop.ts'
import { pad } from './pad.ts'
import { randomFlip } from './random-flip.ts'
import { randomShift } from './random-shift.ts'
import { resize } from './resize.ts'
import { type TransformConfig, transformOf } from './transform-of.ts'

/** A grey image of these rows. */
const grey = (...rows: number[][]): ByteImages => ({
  shape: [rows.length, rows[0]!.length, 1],
  data: Uint8Array.from(rows.flat()),
})
const image = grey([1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12])
const colours = (shape: number[]): ByteImages => ({
  shape,
  data: Uint8Array.from(rng(4).integers(shape, 0, 256).data),
})

test('centerCrop: the middle; the odd pixel goes below and on the right', () => {
  expect(centerCrop({ size: [1, 2] }).apply(image, undefined)).toEqual(grey([6, 7]))
  expect(centerCrop({ size: 2 }).apply(image, undefined)).toEqual(grey([2, 3], [6, 7]))
  expect(centerCrop().apply(image, undefined)).toEqual(grey([1, 2, 3], [5, 6, 7], [9, 10, 11]))
  expect(centerCrop().size!([3, 8])).toEqual([3, 3])
  expect([centerCrop().size!(undefined), centerCrop({ size: 4 }).size!(undefined)]).toEqual([undefined, [4, 4]])
  expect(() => centerCrop({ size: 4 }).apply(image, undefined)).toThrow(
    'centerCrop: expected images of at least 4×4, got 3×4',
  )
})

test('pad: the image in the middle; the odd pixel comes below and on the right', () => {
  expect(pad({ size: [4, 5], fill: 9 }).apply(grey([1, 2], [3, 4]), undefined)).toEqual(
    grey([9, 9, 9, 9, 9], [9, 1, 2, 9, 9], [9, 3, 4, 9, 9], [9, 9, 9, 9, 9]),
  )
  expect(pad({ size: 1 }).size!(undefined)).toEqual([1, 1])
  expect(() => pad({ size: 3 }).size!([3, 4])).toThrow('pad: expected images of at most 3×3, got 3×4')
  expect(() => pad({ size: 3 }).apply(image, undefined)).toThrow('pad: expected images of at most 3×3, got 3×4')
})

test('pad and centerCrop undo each other, in colour', () => {
  const from = colours([5, 4, 3])
  const padded = pad({ size: [9, 7], fill: 200 }).apply(from, undefined)
  expect(padded.data.filter((byte) => byte === 200).length).toBeGreaterThanOrEqual(3 * (9 * 7 - 5 * 4))
  expect(centerCrop({ size: [5, 4] }).apply(padded, undefined)).toEqual(from)
})

test('resize: as resizeImage, larger or smaller, and an image of that size itself', () => {
  const from = colours([6, 4, 3])
  expect(resize({ size: [3, 2] }).apply(from, undefined)).toEqual(resizeImage(from, [3, 2], { filter: 'box' }))
  expect(resize({ size: 9, filter: 'lanczos' }).apply(from, undefined)).toEqual(
    resizeImage(from, 9, { filter: 'lanczos' }),
  )
  expect(resize({ size: [6, 4] }).apply(from, undefined)).toBe(from)
  expect(resize({ size: 5 }).size!([6, 4])).toEqual([5, 5])
})

test('randomFlip: left to right, of about half of the images', () => {
  const flip = randomFlip()
  expect(flip.apply(image, true)).toEqual(grey([4, 3, 2, 1], [8, 7, 6, 5], [12, 11, 10, 9]))
  expect(flip.apply(image, false)).toBe(image)
  const from = colours([2, 3, 3])
  expect(flip.apply(flip.apply(from, true), true)).toEqual(from)
  expect([...flip.apply(from, true).data.subarray(0, 3)]).toEqual([...from.data.subarray(6, 9)])
  const flips = Array.from({ length: 1000 }, (_, place) => flip.draw!(rng(0), place))
  // Four standard deviations; the flips of the first versions were integers from 0 to 1.
  expect(flips).toEqual(Array.from(rng(0).fold('flip').integers([1000], 0, 2).data, (bit) => bit === 1))
  const share = (probability: number) =>
    flips.filter((_, place) => randomFlip({ probability }).draw!(rng(1), place)).length / 1000
  expect([share(0), share(1)]).toEqual([0, 1])
  expect(Math.abs(share(0.2) - 0.2)).toBeLessThan(4 * Math.sqrt(0.16 / 1000))
  expect(Math.abs(flips.filter(Boolean).length - 500)).toBeLessThan(4 * Math.sqrt(250))
})

test('randomShift: every shift within the limits, each about as often; what comes in is the fill', () => {
  const shift = randomShift({ maxShift: 1, fill: 7 })
  expect(shift.apply(image, [1, -1])).toEqual(grey([7, 7, 7, 7], [2, 3, 4, 7], [6, 7, 8, 7]))
  expect(shift.apply(image, [-1, 1])).toEqual(grey([7, 5, 6, 7], [7, 9, 10, 11], [7, 7, 7, 7]))
  expect(shift.apply(image, [9, 0]).data).toEqual(new Uint8Array(12).fill(7))
  // As the first versions drew shifts: one array for a batch.
  const draws = Array.from({ length: 20 }, (_, place) => randomShift().draw!(rng(2), place))
  expect(draws.flat()).toEqual([...rng(2).integers([20, 2], -2, 3).data])
  const counts = new Map<string, number>()
  for (let place = 0; place < 900; place++) {
    const key = String(shift.draw!(rng(0), place))
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  expect(counts.size).toBe(9)
  for (const count of counts.values())
    expect(Math.abs(count - 100)).toBeLessThan(4 * Math.sqrt(900 * (1 / 9) * (8 / 9)))
})

test('no transform changes the image that it is given', () => {
  const from = colours([4, 4, 3])
  const before = from.data.slice()
  for (const transform of [centerCrop({ size: 2 }), pad({ size: 6 }), resize({ size: 2 })])
    transform.apply(from, undefined)
  randomFlip().apply(from, true)
  randomShift().apply(from, [1, 1])
  expect(from.data).toEqual(before)
})

test('wrong options are errors', () => {
  expect(() => resize({ sise: 3 } as never)).toThrow("resize: unknown option 'sise'. Did you mean 'size'?")
  expect(() => resize({} as never)).toThrow(
    'resize: expected a size, an integer from 1 or [height, width], got undefined',
  )
  expect(() => centerCrop({ size: [3, 0] })).toThrow(
    'centerCrop: expected a size, an integer from 1 or [height, width]',
  )
  expect(() => pad({ size: 3, fill: 256 })).toThrow('pad: expected a fill, an integer from 0 to 255, got 256')
  expect(() => randomShift({ maxShift: 0.5 })).toThrow('randomShift: expected maxShift, an integer from 0, got 0.5')
  expect(() => randomFlip({ probability: 2 })).toThrow(
    'randomFlip: expected a probability, a number from 0 to 1, got 2',
  )
})

describe('by name', () => {
  const configs: TransformConfig[] = [
    { name: 'center-crop', size: 2 },
    { name: 'center-crop' },
    { name: 'pad', size: [6, 7], fill: 3 },
    { name: 'random-flip', probability: 0.25 },
    { name: 'random-shift', maxShift: 1, fill: 0 },
    { name: 'resize', size: 2 },
    { name: 'resize', size: [3, 2], filter: 'bicubic' },
    { name: 'adm-crop', size: 3 },
    { name: 'adm-random-crop', size: 3, minFraction: 0.5, maxFraction: 1 },
    { name: 'biggan-crop', size: 3, filter: 'bicubic' },
    { name: 'random-crop', size: [3, 2] },
    { name: 'random-resized-crop', size: 3, scale: [0.2, 0.9], ratio: [0.5, 1.5], filter: 'box' },
    { name: 'resize-crop', size: 3, filter: 'lanczos' },
  ]
  test.each(configs)('$name: its configuration makes it again', (config) => {
    const transform = transformOf(config)
    expect(transform.config).toEqual(config)
    const [key, from] = [rng(3), colours([4, 4, 3])]
    const again = transformOf(JSON.parse(JSON.stringify(transform.config)))
    for (let place = 0; place < 5; place++)
      expect(again.apply(from, again.draw?.(key, place))).toEqual(transform.apply(from, transform.draw?.(key, place)))
  })

  test.each([
    [
      { name: 'resise', size: 3 },
      "expected a transform by its name, one of 'adm-crop', 'adm-random-crop', 'biggan-crop'",
    ],
    [
      { name: 'resize', sise: 3 },
      "transformOf: 2 errors:\n- expected size, an integer from 1 or [height, width], got undefined\n- unknown option 'sise'. Did you mean 'size'?",
    ],
    [{ name: 'pad', size: 3, fill: 256 }, 'transformOf: expected fill, an integer from 0 to 255, got 256'],
    [{ name: 'random-shift', maxShift: 0.5 }, 'transformOf: expected maxShift, an integer from 0, got 0.5'],
    [{ name: 'random-flip', probability: 2 }, 'transformOf: expected probability, a number from 0 to 1, got 2'],
    [
      { name: 'center-crop', size: [3] },
      'transformOf: expected size, an integer from 1 or [height, width], got an array',
    ],
    ['resize', "transformOf: expected a transform, such as { name: 'resize' }, got 'resize'"],
  ])('%j is refused', (config, message) => {
    expect(() => transformOf(config as never)).toThrow(message)
  })
})
