import '@tensorflow/tfjs-backend-cpu'
import { readFileSync } from 'node:fs'
import { float32, rows } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import { describe, expect, test } from 'vitest'
import { checkLevel } from '../augmentation.ts'
import { type DownUpOptions, downUp } from './down-up.ts'

interface Case {
  readonly size: readonly [height: number, width: number]
  readonly factor: number
  readonly down: NonNullable<DownUpOptions['down']>
  readonly up: NonNullable<DownUpOptions['up']>
  readonly x: readonly number[]
  readonly y: readonly number[]
}
const cases = JSON.parse(
  readFileSync(new URL('fixtures/pillow-down-up.json', import.meta.url), 'utf8'),
) as readonly Case[]

describe.each([
  ['compiled', jit],
  ['eagerly', eager],
] as const)('%s', (_, compile) => {
  test.each(cases)('$size by $factor, $down and $up, is Pillow’s', async ({ size, factor, down, up, x, y }) => {
    const augmentation = downUp({ factor: [factor, factor], down, up, probability: 1 })
    const apply = compile(augmentation.apply)
    // Two images of two channels, of which three planes are others.
    const data = [x, x.map((v) => 1 - v)].flatMap((plane) => plane.flatMap((v) => [v, -v]))
    const z = float32(data, [2, ...size, 2])
    const made = await apply(z, augmentation.draw({ shape: z.shape, rng: rng(1) }))
    const given = await apply(z, augmentation.draw({ shape: z.shape, rng: rng(1), level: factor - 1 }))
    await apply.dispose()
    const expected = [y, y.map((v) => 1 - v)].flatMap((plane) => plane.flatMap((v) => [v, -v]))
    expect(greatestDifference(made.data, expected)).toBeLessThan(2e-6)
    expect(given.data).toEqual(made.data)
  })

  test('images of different factors do not mix', async () => {
    const z = rng(3).uniform([5, 6, 8, 2])
    const augmentation = downUp({ factor: [1, 4], probability: 1 })
    const apply = compile(augmentation.apply)
    const draw = (n: number, firstIndex: number) => augmentation.draw({ shape: [n, 6, 8, 2], rng: rng(4), firstIndex })
    const together = await apply(z, draw(5, 0))
    for (let i = 0; i < 5; i++) {
      const alone = await apply(rows(z, i, i + 1), draw(1, i))
      expect(greatestDifference(rows(together, i, i + 1).data, alone.data)).toBeLessThan(1e-6)
    }
    await apply.dispose()
  })

  test('level 0 leaves the images as they are, bit for bit', async () => {
    const z = rng(3).normal([4, 5, 9, 3])
    const augmentation = downUp({ factor: [1, 4] })
    const apply = compile(augmentation.apply)
    const made = await apply(z, augmentation.draw({ shape: z.shape, rng: rng(4), level: 0 }))
    await apply.dispose()
    expect(made.data).toEqual(z.data)
  })
})

test('half of the images are resampled, by a factor uniform over its range', () => {
  const side = 24
  const augmentation = downUp({ factor: [2, 4] })
  const draw = (n: number, place: { level?: number; firstIndex?: number } = {}) =>
    augmentation.draw({ shape: [n, side, 1, 1], rng: rng(5), level: place.level, firstIndex: place.firstIndex })
      .vertical
  const drawn = draw(2000)
  const text = ({ data }: { readonly data: ArrayLike<number> }) => Array.from(data).join()
  const sides = new Map(
    [6, 7, 8, 9, 10, 11, 12, 24].map((between) => [text(draw(1, { level: side / between - 1 })), between]),
  )
  const betweens = Array.from({ length: 2000 }, (_, i) => sides.get(text(rows(drawn, i, i + 1))) ?? Number.NaN)
  const resampled = betweens.filter((between) => between < side)
  expect(Math.abs(resampled.length / 2000 - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 2000))
  expect(betweens.filter((between) => between === side).length).toBe(2000 - resampled.length)
  // At most 8 pixels in between are those of factors above 24 / 8.5.
  const small = resampled.filter((between) => between <= 8).length / resampled.length
  const share = (4 - side / 8.5) / 2
  expect(Math.abs(small - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / resampled.length))
  expect(draw(3, { firstIndex: 1997 }).data).toEqual(rows(drawn, 1997, 2000).data)
})

test('in sampling the level is the factor less 1, a whole number or not', () => {
  const augmentation = downUp({ factor: [1.5, 3], probability: 0 })
  expect([0, 0.25, 2].map((level) => checkLevel(augmentation, level))).toEqual([0, 0.25, 2])
  expect(() => checkLevel(augmentation, 2.01)).toThrow('a level s of down-up, a number from 0 to 2, got 2.01')
})

test.each([
  [{ factor: [0.5, 2] }, 'downUp: expected factor, [low, high] from 1, got [0.5, 2]'],
  [{ factor: [3, 2] }, 'expected factor'],
  [{ factor: 2 }, 'expected factor, [low, high] from 1, got 2'],
  [{ factor: [1, 2], down: 'nearest' }, "downUp: expected down, one of 'area', 'bilinear', 'bicubic'; got 'nearest'"],
  [{ factor: [1, 2], up: 'area' }, "downUp: expected up, one of 'bilinear', 'bicubic'; got 'area'"],
  [{ factor: [1, 2], probability: 2 }, 'downUp: expected probability, a number from 0 to 1, got 2'],
  [{ factor: [1, 2], chance: 1 }, "downUp: unknown option 'chance'"],
])('refuses %j', (options, message) => {
  expect(() => downUp(options as never)).toThrow(message)
})
