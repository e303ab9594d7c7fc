import '@tensorflow/tfjs-backend-cpu'
import { float32, type NDArray, rows } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import { describe, expect, test } from 'vitest'
import { checkLevel, defaultLevel } from './augmentation.ts'
import reference from './fixtures/blurred.json' with { type: 'json' }
import { gaussianBlur } from './gaussian-blur.ts'

/** An image [h,w] filtered by the definition: every pixel of the window by its density, mirrored at the edges without repeating them. */
function blurred(image: readonly number[][], sigma: number, radius: number): number[][] {
  const mirrored = (i: number, n: number) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i)
  const density = (dy: number, dx: number) => Math.exp(-(dy ** 2 + dx ** 2) / (2 * sigma ** 2))
  return image.map((row, y) =>
    row.map((_, x) => {
      let [sum, total] = [0, 0]
      for (let dy = -radius; dy <= radius; dy++)
        for (let dx = -radius; dx <= radius; dx++) {
          sum += density(dy, dx) * image[mirrored(y + dy, image.length)]![mirrored(x + dx, row.length)]!
          total += density(dy, dx)
        }
      return sum / total
    }),
  )
}

const channel = ({ data, shape }: NDArray, c: number): number[][] => {
  const [, height, width, channels] = shape as [number, number, number, number]
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[(y * width + x) * channels + c]!),
  )
}

describe.each([
  ['compiled', jit],
  ['eagerly', eager],
] as const)('%s', (_, compile) => {
  test.each([
    [3, 0.5],
    [5, 1.3],
    [1, 0.5],
  ])('a filter of %i pixels and σ %d is the definition’s', async (size, sigma) => {
    const z = rng(1).uniform([2, 4, 6, 2])
    const blur = gaussianBlur({ size, sigma: [sigma, sigma], probability: 1 })
    const apply = compile(blur.apply)
    const made = await apply(z, blur.draw({ shape: z.shape, rng: rng(2) }))
    await apply.dispose()
    for (let n = 0; n < 2; n++)
      for (let c = 0; c < 2; c++) {
        const expected = blurred(channel(rows(z, n, n + 1), c), sigma, (size - 1) / 2).flat()
        const actual = channel(rows(made, n, n + 1), c).flat()
        expect(Math.max(...actual.map((x, i) => Math.abs(x - expected[i]!)))).toBeLessThan(1e-6)
      }
  })

  test('in sampling the level is σ: SciPy’s gaussian_filter, at every σ and size', async () => {
    const { shape, image, cases } = reference
    const z = float32([...image, ...image], [2, ...shape])
    for (const { size, sigma, data } of cases) {
      const blur = gaussianBlur({ size, sigma: [0.1, 2] })
      const apply = compile(blur.apply)
      const drawn = blur.draw({ shape: z.shape, rng: rng(1), level: checkLevel(blur, sigma) })
      const made = await apply(z, drawn)
      await apply.dispose()
      expect(greatestDifference(made.data, [...data, ...data])).toBeLessThan(5e-7)
    }
  })

  test('level 0 leaves the images as they are, bit for bit', async () => {
    const z = rng(3).uniform([8, 5, 5, 3])
    const blur = gaussianBlur({ sigma: [0.4, 0.6] })
    const apply = compile(blur.apply)
    expect((await apply(z, blur.draw({ shape: z.shape, rng: rng(4), level: 0 }))).data).toEqual(z.data)
    await apply.dispose()
  })
})

test('without options it is the paper’s: 3×3, σ from 0.4 to 0.6, half of the images; none in sampling unless asked', () => {
  const blur = gaussianBlur()
  const options = { shape: [50, 4, 4, 3], rng: rng(5) }
  const same = gaussianBlur({ size: 3, sigma: [0.4, 0.6], probability: 0.5 })
  expect(blur.draw(options)).toEqual(same.draw(options))
  expect(blur).toMatchObject({ maxLevel: 0.6, continuous: true })
  expect(defaultLevel(blur)).toBe(0)
  expect(() => checkLevel(blur, 0.7)).toThrow('expected a level s of gaussian-blur, a number from 0 to 0.6, got 0.7')
})

test('all of the images are blurred in sampling, even by a σ too small to matter', () => {
  const blur = gaussianBlur({ probability: 0 })
  const at = (level: number) => [...blur.draw({ shape: [3, 4, 4, 3], rng: rng(5), level }).weights.data]
  const side = Math.fround(Math.exp(-2) / (1 + 2 * Math.exp(-2)))
  expect(at(0.5).filter((_, i) => i % 2 === 1)).toEqual([side, side, side])
  for (const tiny of [1e-3, 1e-200, 5e-324]) expect(at(tiny)).toEqual([1, 0, 1, 0, 1, 0])
})

test('half of the images are blurred, by a σ uniform over its range, and no network is conditioned on it', () => {
  const [low, high] = [0.4, 0.6]
  const drawn = gaussianBlur({ sigma: [low, high] }).draw({ shape: [20_000, 4, 4, 3], rng: rng(5) })
  expect(Object.keys(drawn)).toEqual(['weights'])
  const sides = Array.from({ length: 20_000 }, (_, i) => drawn.weights.data[2 * i + 1]!)
  const share = sides.filter((side) => side > 0).length / 20_000
  expect(Math.abs(share - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 20_000))
  // side / middle = exp(-1 / (2 σ²))
  const sigmas = sides.flatMap((side, i) =>
    side > 0 ? [Math.sqrt(-1 / (2 * Math.log(side / drawn.weights.data[2 * i]!)))] : [],
  )
  expect(Math.min(...sigmas)).toBeGreaterThan(low - 1e-5)
  expect(Math.max(...sigmas)).toBeLessThan(high + 1e-5)
  const mean = sigmas.reduce((sum, x) => sum + x) / sigmas.length
  expect(Math.abs(mean - 0.5)).toBeLessThan((4 * 0.2) / Math.sqrt(12 * sigmas.length))
})

test.each([
  [{ sigma: [0.6, 0.4] }, 'gaussianBlur: expected sigma, [low, high] above 0, got [0.6, 0.4]'],
  [{ sigma: 0.5 }, 'got 0.5'],
  [{ sigma: [0.4, 0.5, 0.6] }, 'expected sigma, [low, high] above 0, got an array of 3'],
  [{ sigma: [0.4, Number.POSITIVE_INFINITY] }, 'expected sigma, [low, high] above 0'],
  [{ sigmas: [0.4, 0.6] }, "gaussianBlur: unknown option 'sigmas'. Did you mean 'sigma'?"],
  [{ sigma: [0.4, 0.6], size: 4 }, 'gaussianBlur: expected size, an odd integer, got 4'],
  [{ sigma: [0.4, 0.6], probability: 2 }, 'gaussianBlur: expected probability, a number from 0 to 1, got 2'],
])('refuses %j', (options, message) => {
  expect(() => gaussianBlur(options as never)).toThrow(message)
})

test('an image has to be larger than half of the filter', () => {
  expect(() =>
    gaussianBlur({ sigma: [1, 1], size: 5 }).draw({ shape: float32([0]).shape.concat(2, 2, 1), rng: rng(0) }),
  ).toThrow('gaussian-blur: expected images of more than 2×2 pixels for a filter of 5×5, got 2×2')
})
