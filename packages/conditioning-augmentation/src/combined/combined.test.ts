import '@tensorflow/tfjs-backend-cpu'
import { type Compile, float32, type NDArray, rows } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { continuousCosine, cosineSchedule } from '@cascade-diffusion/schedules'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { type ConditioningAugmentation, checkLevel, defaultLevel } from '../augmentation.ts'
import { checkAugmentation } from '../checks/check-augmentation.ts'
import { tryAugmentation } from '../checks/try-augmentation.ts'
import { conditionsOnLevel } from '../conditions-on-level.ts'
import { gaussianBlur } from '../gaussian-blur.ts'
import { noAugmentation } from '../no-augmentation.ts'
import { gaussianNoise } from '../noise/gaussian-noise.ts'
import { logSnrNoise } from '../noise/log-snr-noise.ts'
import { compose } from './compose.ts'
import { fixed } from './fixed.ts'
import { withProbability } from './with-probability.ts'

const shape = [6, 6, 2]
const z = rng(1).uniform([8, ...shape])
const noise = gaussianNoise({ schedule: cosineSchedule(50) })
const inTime = gaussianNoise({ schedule: continuousCosine() })
const byLogSnr = logSnrNoise({ logSnr: [-3, 9] })
const blur = gaussianBlur({ sigma: [0.5, 2], size: 5, probability: 1 })

/** Darkens images by a random share: a custom augmentation without levels. */
const darken: ConditioningAugmentation<{ share: tf.Tensor4D }> = {
  name: 'darken',
  maxLevel: 0,
  draw({ shape: [n = 0], rng, level, firstIndex }) {
    const shares = rng.fold('augmentation').uniform([n], firstIndex).data
    return { share: float32(level === undefined ? shares : new Float32Array(n), [n, 1, 1, 1]) }
  },
  apply: (z, { share }) => tf.sub(z, share),
}

async function applied({ apply }: ConditioningAugmentation, z: NDArray, drawn: object, compile: Compile = eager) {
  const compiled = compile((z: tf.Tensor4D, drawn: Record<string, tf.Tensor>) => apply(z, drawn))
  const made = await compiled(z, drawn as never)
  await compiled.dispose()
  return made as NDArray<'float32'>
}

const all: readonly (readonly [string, ConditioningAugmentation])[] = [
  ['noise after blur', compose({ augmentations: [blur, noise] })],
  ['a custom one among others', compose({ augmentations: [darken, inTime, blur, noAugmentation] })],
  ['compose in compose', compose({ augmentations: [darken, compose({ augmentations: [darken, byLogSnr] })] })],
  ['blurs only', compose({ augmentations: [blur, gaussianBlur()] })],
  ['noise on half', withProbability({ probability: 0.5, augmentation: noise })],
  ['noise in time on half', withProbability({ probability: 0.5, augmentation: inTime })],
  ['noise by log-SNR on half', withProbability({ probability: 0.5, augmentation: byLogSnr })],
  ['one s on half', withProbability({ probability: 0.5, augmentation: fixed({ level: 9, augmentation: noise }) })],
  [
    'a share of a share',
    withProbability({ probability: 0.5, augmentation: withProbability({ probability: 0.5, augmentation: darken }) }),
  ],
  ['one s', fixed({ level: 9, augmentation: noise })],
  ['one time', fixed({ level: 0.25, augmentation: inTime })],
  ['one σ', fixed({ level: 0.75, augmentation: blur })],
  ['one s of several', fixed({ level: 9, augmentation: compose({ augmentations: [blur, noise] }) })],
]

describe.each(all)('%s', (_, augmentation) => {
  test('keeps the contract, compiled and eagerly', async () => {
    expect(checkAugmentation(augmentation, shape)).toBe(augmentation)
    for (const compile of [jit, eager]) await tryAugmentation(augmentation, shape, compile)
    const drawn = augmentation.draw({ shape: z.shape, rng: rng(3) })
    const [compiled, eagerly] = await Promise.all([jit, eager].map((by) => applied(augmentation, z, drawn, by)))
    expect(greatestDifference(compiled!.data, eagerly!.data)).toBeLessThan(1e-5)
  })

  test('what is drawn for an image does not depend on where a set is cut', () => {
    const draw = (n: number, firstIndex: number, level?: number) =>
      augmentation.draw({ shape: [n, ...shape], rng: rng(4), level, firstIndex }) as Record<string, NDArray>
    for (const level of [undefined, augmentation.maxLevel]) {
      const whole = draw(7, 0, level)
      const parts = [draw(3, 0, level), draw(4, 3, level)]
      for (const [name, array] of Object.entries(whole)) {
        if (!array) continue
        expect(rows(array, 0, 3).data).toEqual(parts[0]![name]!.data)
        expect(rows(array, 3, 7).data).toEqual(parts[1]![name]!.data)
      }
    }
  })
})

describe('compose', () => {
  const both = compose({ augmentations: [blur, noise] })

  test('applies each to the result of the one before, each with its own draws', async () => {
    const drawn = both.draw({ shape: z.shape, rng: rng(2) })
    const key = rng(2).fold('augmentation')
    const options = (i: number) => ({ shape: z.shape, rng: key.fold(i) })
    const [first, second] = [blur.draw(options(0)), noise.draw(options(1))]
    const expected = await applied(noise, await applied(blur, z, first), second)
    expect((await applied(both, z, drawn)).data).toEqual(expected.data)
    expect(drawn.level).toEqual(second.level)
    expect(Object.keys(drawn).toSorted()).toEqual(['0.weights', '1.noise', 'level'])
    // Two of a kind do not draw the same numbers.
    const twice = compose({ augmentations: [darken, darken] }).draw({ shape: z.shape, rng: rng(2) }) as Record<
      string,
      NDArray
    >
    expect(twice['0.share']!.data).not.toEqual(twice['1.share']!.data)
  })

  test('s is the level of the part that the network is conditioned on; the others are at level 0', async () => {
    expect([defaultLevel(both), both.maxLevel, both.continuous ?? false]).toEqual([0, 50, false])
    const drawn = both.draw({ shape: z.shape, rng: rng(2), level: 30 }) as Record<string, NDArray>
    expect([...new Set(drawn.level!.data)]).toEqual([30])
    const alone = { level: drawn.level!, noise: drawn['1.noise']! }
    expect((await applied(both, z, drawn)).data).toEqual((await applied(noise, z, alone)).data)
    // So its noise is that of the forward process.
    expect(both.noiseLevel?.(30)).toEqual(noise.noiseLevel?.(30))
  })

  test('s is the level of the only part that has levels, or the noise of a forward process', () => {
    const onlyBlur = compose({ augmentations: [darken, blur] })
    expect([onlyBlur.maxLevel, onlyBlur.continuous, onlyBlur.noiseLevel, conditionsOnLevel(onlyBlur, shape)]).toEqual([
      2,
      true,
      undefined,
      false,
    ])
    const one = compose({ augmentations: [blur, fixed({ level: 9, augmentation: noise })] })
    expect([one.minLevel, one.maxLevel, conditionsOnLevel(one, shape)]).toEqual([9, 9, false])
    expect(one.noiseLevel?.(9)).toEqual(noise.noiseLevel?.(9))
    const additive = gaussianNoise({ schedule: cosineSchedule(50), maxLevel: 40, variancePreserving: false })
    const noisy = compose({ augmentations: [blur, additive] })
    expect([noisy.maxLevel, noisy.noiseLevel, conditionsOnLevel(noisy, shape)]).toEqual([40, undefined, true])
  })

  test('of several with levels, none of which leads, there is level 0 only', () => {
    const blurs = compose({ augmentations: [blur, gaussianBlur()] })
    expect([blurs.maxLevel, blurs.noiseLevel]).toEqual([0, undefined])
    expect(() => checkLevel(blurs, 0.5)).toThrow('a level s of compose, an integer from 0 to 0, got 0.5')
  })

  test.each([
    [{ augmentations: [] }, 'compose: expected a list of augmentations, at least one, got an array of 0'],
    [{ augmentations: blur }, 'compose: expected a list of augmentations, at least one, got an object'],
    [
      { augmentations: [blur, { name: 'none' }] },
      'compose: expected augmentations[1], an augmentation such as gaussianBlur(), got',
    ],
    [
      { augmentations: [blur, undefined] },
      'expected augmentations[1], an augmentation such as gaussianBlur(), got undefined',
    ],
    [
      { augmentations: [noise, blur, byLogSnr] },
      "compose: expected a network conditioned on the level of one augmentation at most, got 'gaussian-noise' and 'noise-log-snr'",
    ],
    [
      { augmentations: [noise, fixed({ level: 0.5, augmentation: blur })] },
      "compose: expected augmentations[1], 'fixed', to have level 0 in sampling, since s is the level of 'gaussian-noise', got levels from 0.5",
    ],
    [{ augmentation: [] }, "compose: unknown option 'augmentation'. Did you mean 'augmentations'?"],
    [undefined, 'compose: expected an object of options, got undefined'],
  ])('refused %#: %s', (options, message) => {
    expect(() => compose(options as never)).toThrow(message)
  })
})

describe('withProbability', () => {
  test('augments a share of the images, and leaves the others as they are, at level 0', async () => {
    const some = withProbability({ probability: 0.3, augmentation: noise })
    const drawn = some.draw({ shape: [2000, 1, 1, 1], rng: rng(6) }) as Record<string, NDArray>
    const chosen = [...drawn.chosen!.data]
    expect(Math.abs(chosen.filter((x) => x === 1).length / 2000 - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / 2000))
    expect(chosen.every((x, i) => x === 1 || drawn.level!.data[i] === 0)).toBe(true)
    // Those of the augmentation by itself, under a key of its own.
    const own = noise.draw({ shape: [2000, 1, 1, 1], rng: rng(6).fold('augmentation').fold('part') })
    expect(chosen.every((x, i) => x === 0 || drawn.level!.data[i] === own.level.data[i])).toBe(true)
    expect(drawn['part.noise']).toEqual(own.noise)
    const images = rng(7).uniform([2000, 1, 1, 1])
    const [made, all] = [await applied(some, images, drawn), await applied(noise, images, own)]
    expect(chosen.every((x, i) => made.data[i] === (x ? all : images).data[i])).toBe(true)
  })

  test('images that are left are not changed by a level that is never 0, or by what is not finite', async () => {
    const one = withProbability({ probability: 0.5, augmentation: fixed({ level: 50, augmentation: noise }) })
    const drawn = one.draw({ shape: z.shape, rng: rng(6) }) as Record<string, NDArray<'float32'>>
    const chosen = [...drawn.chosen!.data]
    expect(new Set(chosen).size).toBe(2)
    const broken = {
      ...drawn,
      'part.fixed.noise': float32(
        drawn['part.fixed.noise']!.data.map(() => Number.NaN),
        z.shape,
      ),
    }
    const made = await applied(one, z, broken)
    chosen.forEach((x, i) => {
      if (x === 0) expect(rows(made, i, i + 1).data).toEqual(rows(z, i, i + 1).data)
      else expect(made.data[i * 72]).toBeNaN()
    })
  })

  test('the level of images that are left is that of level 0', () => {
    const drawn = withProbability({ probability: 0.5, augmentation: byLogSnr }).draw({
      shape: z.shape,
      rng: rng(6),
    }) as Record<string, NDArray>
    const left = [...drawn.level!.data].filter((_, i) => drawn.chosen!.data[i] === 0)
    expect(left.length).toBeGreaterThan(0)
    expect(new Set(left)).toEqual(new Set([9]))
  })

  test('in sampling all images are augmented', () => {
    const some = withProbability({ probability: 0.1, augmentation: noise })
    const drawn = some.draw({ shape: z.shape, rng: rng(6), level: 20 }) as Record<string, NDArray>
    expect(new Set(drawn.chosen!.data)).toEqual(new Set([1]))
    expect(new Set(drawn.level!.data)).toEqual(new Set([20]))
    expect([some.maxLevel, some.noiseLevel?.(20)]).toEqual([50, noise.noiseLevel?.(20)])
  })

  test.each([
    [{ probability: 1.5, augmentation: blur }, 'withProbability: expected probability, a number from 0 to 1, got 1.5'],
    [
      { probability: 0.5 },
      'withProbability: expected augmentation, an augmentation such as gaussianBlur(), got undefined',
    ],
    [
      { probability: 0.5, augmentation: gaussianNoise({ schedule: cosineSchedule(50), minLevel: 3 }) },
      'withProbability: expected an augmentation with level 0, on which the network is conditioned where images stay as ' +
        "they are, got 'gaussian-noise' with levels from 3",
    ],
    [{ chance: 0.5, augmentation: blur }, "withProbability: unknown option 'chance'"],
  ])('refused %#: %s', (options, message) => {
    expect(() => withProbability(options as never)).toThrow(message)
  })
})

describe('fixed', () => {
  test('is the augmentation at its level, in training and in sampling, and the network is not conditioned on it', async () => {
    const one = fixed({ level: 9, augmentation: noise })
    const at = noise.draw({ shape: z.shape, rng: rng(6), level: 9 })
    const expected = (await applied(noise, z, at)).data
    for (const level of [undefined, 9]) {
      const drawn = one.draw({ shape: z.shape, rng: rng(6), level })
      expect(drawn.level).toBe(undefined)
      expect((await applied(one, z, drawn)).data).toEqual(expected)
    }
    expect([defaultLevel(one), one.maxLevel, one.noiseLevel?.(9)]).toEqual([9, 9, noise.noiseLevel?.(9)])
    expect(() => checkLevel(one, 0)).toThrow('a level s of fixed, an integer from 9 to 9, got 0')
  })

  test.each([
    [
      { level: 51, augmentation: noise },
      'fixed: expected a level s of gaussian-noise, an integer from 0 to 50, got 51',
    ],
    [{ level: 0.5, augmentation: noise }, 'an integer from 0 to 50, got 0.5'],
    [{ augmentation: noise }, 'an integer from 0 to 50, got undefined'],
    [
      { level: 3, augmentation: 'blur' },
      "fixed: expected augmentation, an augmentation such as gaussianBlur(), got 'blur'",
    ],
    [{ levels: 3, augmentation: noise }, "fixed: unknown option 'levels'. Did you mean 'level'?"],
  ])('refused %#: %s', (options, message) => {
    expect(() => fixed(options as never)).toThrow(message)
  })
})
