import { readFileSync } from 'node:fs'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { expectedOf, type PythonResult, picture, type SeededPicture, shortened } from '../../testing/pillow-cases.ts'
import { type TransformConfig, transformOf } from '../transform-of.ts'

/** A case of benchmarks/fixtures/crops.py. */
interface CropCase extends SeededPicture, PythonResult {
  readonly config: TransformConfig
  readonly drawn?: readonly number[]
}

const file = new URL('fixtures/crops.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: CropCase[] }
const names = ['resize-crop', 'biggan-crop', 'adm-crop', 'adm-random-crop', 'random-resized-crop'] as const

test.each(names)('%s: every image is what Python makes of it', (name) => {
  const some = cases.filter(({ config }) => config.name === name)
  expect(some.length).toBe(40)
  for (const one of some) {
    const { shape, data } = transformOf(one.config).apply(picture(one), one.drawn)
    const { size } = one.config as { size: number }
    expect(shape).toEqual([size, size, one.from[2]])
    expect({ ...one, ...shortened(data) }).toEqual({ ...one, ...expectedOf(one) })
  }
})

test.each(['resize-crop', 'biggan-crop', 'adm-crop'] as const)('%s gives one size and draws nothing', (name) => {
  const transform = transformOf({ name, size: 12 })
  expect(transform.draw).toBeUndefined()
  expect([transform.size!(undefined), transform.size!([3, 99])]).toEqual([
    [12, 12],
    [12, 12],
  ])
})

test('random-crop: every place, each about as often; what is cut out is a part of the image', () => {
  const transform = transformOf({ name: 'random-crop', size: [2, 3] })
  const image = { shape: [4, 5, 1], data: Uint8Array.from({ length: 20 }, (_, i) => i) }
  const counts = new Map<number, number>()
  for (let place = 0; place < 900; place++) {
    const { shape, data } = transform.apply(image, transform.draw!(rng(1), place))
    const [first] = data
    expect(shape).toEqual([2, 3, 1])
    expect([...data]).toEqual([0, 1, 2, 5, 6, 7].map((i) => first! + i))
    counts.set(first!, (counts.get(first!) ?? 0) + 1)
  }
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 5, 6, 7, 10, 11, 12])
  // Four standard deviations.
  for (const count of counts.values())
    expect(Math.abs(count - 100)).toBeLessThan(4 * Math.sqrt(900 * (1 / 9) * (8 / 9)))
  expect(() => transform.apply({ shape: [1, 5, 1], data: new Uint8Array(5) }, [0, 0])).toThrow(
    'randomCrop: expected images of at least 2×3, got 1×5',
  )
  expect(() => transform.size!([4, 2])).toThrow('randomCrop: expected images of at least 2×3, got 4×2')
})

test('random crops draw by key and place', () => {
  for (const name of ['random-crop', 'adm-random-crop', 'random-resized-crop'] as const) {
    const { draw } = transformOf({ name, size: 4 })
    expect(draw!(rng(1), 3)).toEqual(draw!(rng(1), 3))
    expect(draw!(rng(1), 3)).not.toEqual(draw!(rng(2), 3))
    expect(draw!(rng(1), 3)).not.toEqual(draw!(rng(1), 4))
  }
})

test('adm-random-crop: the shorter side takes every value, the greatest part is the whole', () => {
  const transform = transformOf({ name: 'adm-random-crop', size: 8, minFraction: 0.5 })
  const image = picture({ seed: 1, kind: 'noise', from: [16, 16, 1] })
  const whole = transform.apply(image, [0, 0.99, 0.99])
  expect(whole).toEqual(transformOf({ name: 'adm-crop', size: 8 }).apply(image, undefined))
  // At twice the size nothing is interpolated.
  const corner = transform.apply(image, [0.999, 0, 0])
  expect([...corner.data.subarray(0, 8)]).toEqual([...image.data.subarray(0, 8)])
})

test.each([
  [{ name: 'resize-crop', size: 0 }, 'transformOf: expected size, an integer from 1, got 0'],
  [{ name: 'resize-crop', size: 4, filter: 'cubic' }, 'transformOf: expected filter'],
  [{ name: 'adm-random-crop', size: 4, minFraction: 0 }, 'transformOf: expected minFraction, a number from 0.01 to 1'],
  [
    { name: 'adm-random-crop', size: 4, minFraction: 0.9, maxFraction: 0.5 },
    'admRandomCrop: expected minFraction at most maxFraction, got 0.9 and 0.5',
  ],
  [
    { name: 'random-resized-crop', size: 4, scale: [0.5, 1.5] },
    'randomResizedCrop: expected a scale, [least, greatest] above 0 and at most 1, got [0.5,1.5]',
  ],
  [
    { name: 'random-resized-crop', size: 4, ratio: [2, 1] },
    'randomResizedCrop: expected a ratio, [least, greatest] above 0, got [2,1]',
  ],
])('%j is refused', (config, message) => {
  expect(() => transformOf(config as never)).toThrow(message)
})
