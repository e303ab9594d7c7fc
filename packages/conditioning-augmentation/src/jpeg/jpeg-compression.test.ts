import '@tensorflow/tfjs-backend-cpu'
import { readFileSync } from 'node:fs'
import { type Compile, float32, int32, rows } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { checkLevel } from '../augmentation.ts'
import { jpegCompression } from './jpeg-compression.ts'
import { steps } from './tables.ts'

interface Fixture {
  /** Sums of the tables of brightness and colour, by quality from 1. */
  readonly tableSums: readonly (readonly [number, number])[]
  readonly images: readonly {
    readonly shape: readonly [height: number, width: number, channels: number]
    readonly bytes: string
    readonly cases: readonly { quality: number; chromaSubsampling: '4:2:0' | '4:4:4'; decoded: string }[]
  }[]
}
const { tableSums, images } = JSON.parse(
  readFileSync(new URL('fixtures/pillow-jpeg.json', import.meta.url), 'utf8'),
) as Fixture
const bytesOf = (text: string): number[] => [...Buffer.from(text, 'base64')]

/** The bytes that differ from those that Pillow decodes, of the images of some shapes at all qualities. */
async function differences(compile: Compile, chromaSubsampling: '4:2:0' | '4:4:4', shapes = images.length) {
  const found: number[] = []
  let count = 0
  for (const { shape, bytes, cases } of images.slice(0, shapes)) {
    const chosen = cases.filter((each) => each.chromaSubsampling === chromaSubsampling)
    if (chosen.length === 0) continue
    const z = chosen.flatMap(() => bytesOf(bytes).map((byte) => byte / 127.5 - 1))
    const apply = compile(jpegCompression({ quality: [1, 100], chromaSubsampling }).apply)
    const quality = int32(chosen.map((each) => each.quality))
    const made = await apply(float32(z, [chosen.length, ...shape]), { quality })
    await apply.dispose()
    const expected = chosen.flatMap((each) => bytesOf(each.decoded))
    count += expected.length
    for (const [i, x] of made.data.entries()) {
      const by = Math.abs((x + 1) * 127.5 - expected[i]!)
      if (by > 1e-3) found.push(by)
    }
  }
  return { count, found }
}

test.each(['4:2:0', '4:4:4'] as const)(
  'compiled, every byte at %s is the one that Pillow decodes',
  async (sampling) => {
    const { count, found } = await differences(jit, sampling)
    expect(count).toBeGreaterThan(38_000)
    expect(found).toEqual([])
  },
)

test('eagerly too', async () => {
  expect((await differences(eager, '4:2:0', 5)).found).toEqual([])
})

test('the tables of each quality have the sums of those in the files', () => {
  const sum = (table: Float32Array, quality: number) =>
    table.subarray(64 * quality, 64 * (quality + 1)).reduce((total, x) => total + x)
  const sums = tableSums.map((_, i) => [sum(steps.brightness, i + 1), sum(steps.colour, i + 1)])
  expect(sums).toEqual(tableSums)
})

test('images without compression stay as they are, bit for bit, beside others', async () => {
  const z = rng(3).normal([3, 9, 7, 3])
  const jpeg = jpegCompression({ quality: [30, 90] })
  const apply = jit(jpeg.apply)
  const clean = await apply(z, jpeg.draw({ shape: z.shape, rng: rng(4), level: 0 }))
  expect(clean.data).toEqual(z.data)
  const mixed = await apply(z, { quality: int32([0, 30, 0]) })
  await apply.dispose()
  for (const i of [0, 2]) expect(rows(mixed, i, i + 1).data).toEqual(rows(z, i, i + 1).data)
  expect(rows(mixed, 1, 2).data).not.toEqual(rows(z, 1, 2).data)
  expect(Math.max(...rows(mixed, 1, 2).data.map(Math.abs))).toBeLessThanOrEqual(1)
})

test('half of the images are compressed, by a quality uniform over its range', () => {
  const jpeg = jpegCompression({ quality: [30, 39] })
  const drawn = jpeg.draw({ shape: [20_000, 8, 8, 3], rng: rng(5) })
  expect([Object.keys(drawn), drawn.quality.dtype]).toEqual([['quality'], 'int32'])
  const compressed = [...drawn.quality.data].filter((quality) => quality > 0)
  expect(Math.abs(compressed.length / 20_000 - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 20_000))
  const counts = Array.from({ length: 10 }, (_, i) => compressed.filter((quality) => quality === 30 + i).length)
  expect(counts.reduce((sum, n) => sum + n)).toBe(compressed.length)
  // Chi-squared with 9 degrees of freedom exceeds 33 once in 7000.
  const expected = compressed.length / 10
  expect(counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)).toBeLessThan(33)
  const last = jpeg.draw({ shape: [5, 8, 8, 3], rng: rng(5), firstIndex: 19_995 })
  expect(last.quality.data).toEqual(drawn.quality.data.slice(-5))
})

test('in sampling the level is 100 less the quality', () => {
  const jpeg = jpegCompression({ quality: [30, 39], probability: 0 })
  const at = (level: number) => [...jpeg.draw({ shape: [2, 8, 8, 1], rng: rng(5), level }).quality.data]
  expect([at(0), at(1), at(25), at(70)]).toEqual([
    [0, 0],
    [99, 99],
    [75, 75],
    [30, 30],
  ])
  expect(checkLevel(jpeg, 70)).toBe(70)
  expect(() => checkLevel(jpeg, 71)).toThrow('a level s of jpeg, an integer from 0 to 70, got 71')
})

test.each([
  [{ quality: [0, 50] }, 'jpegCompression: expected quality, [low, high], integers from 1 to 100, got [0, 50]'],
  [{ quality: [50.5, 60] }, 'expected quality'],
  [{ quality: [60, 50] }, 'expected quality'],
  [{ quality: 50 }, 'expected quality, [low, high], integers from 1 to 100, got 50'],
  [{ quality: [50, 60], probability: -1 }, 'jpegCompression: expected probability, a number from 0 to 1, got -1'],
  [
    { quality: [50, 60], chromaSubsampling: '4:2:1' },
    "expected chromaSubsampling, one of '4:2:0', '4:4:4'; got '4:2:1'",
  ],
  [{ quality: [50, 60], subsampling: '4:2:0' }, "jpegCompression: unknown option 'subsampling'"],
])('refuses %j', (options, message) => {
  expect(() => jpegCompression(options as never)).toThrow(message)
})

test('refuses images that are neither grey nor RGB', () => {
  const jpeg = jpegCompression({ quality: [50, 60] })
  expect(() => jpeg.draw({ shape: [1, 8, 8, 4], rng: rng(0) })).toThrow(
    'jpeg: expected images of 1 or 3 channels, got 4',
  )
})
