import '@tensorflow/tfjs-backend-cpu'
import { float32 } from '@cascade-diffusion/arrays'
import { type Entry, parseConfig, schema, table } from '@cascade-diffusion/checks'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { continuousCosine, cosineSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { expect, expectTypeOf, test } from 'vitest'
import type { ConditioningAugmentation } from './augmentation.ts'
import { type AugmentationConfig, augmentationOf, augmentations, migrateAugmentation } from './augmentation-table.ts'
import { checkAugmentation } from './checks/check-augmentation.ts'
import { tryAugmentation } from './checks/try-augmentation.ts'
import { compose } from './combined/compose.ts'
import { fixed } from './combined/fixed.ts'
import { withProbability } from './combined/with-probability.ts'
import { downUp } from './down-up/down-up.ts'
import { gaussianBlur } from './gaussian-blur.ts'
import { jpegCompression } from './jpeg/jpeg-compression.ts'
import { noAugmentation, none } from './no-augmentation.ts'
import { gaussianNoise } from './noise/gaussian-noise.ts'
import { logSnrNoise } from './noise/log-snr-noise.ts'

const shape = [4, 4, 1]
const cosine = { name: 'cosine', steps: 30 } as const

const pairs: readonly [AugmentationConfig, ConditioningAugmentation][] = [
  [{ name: 'gaussian-noise', schedule: cosine }, gaussianNoise({ schedule: cosineSchedule(30) })],
  [
    { name: 'gaussian-noise', schedule: cosine, maxLevel: 7 },
    gaussianNoise({ schedule: cosineSchedule(30), maxLevel: 7 }),
  ],
  [
    { name: 'gaussian-blur', sigma: [1, 2], size: 5, probability: 1 },
    gaussianBlur({ sigma: [1, 2], size: 5, probability: 1 }),
  ],
  [
    { name: 'gaussian-noise', schedule: cosine, minLevel: 3, variancePreserving: false },
    gaussianNoise({ schedule: cosineSchedule(30), minLevel: 3, variancePreserving: false }),
  ],
  [
    { name: 'gaussian-noise', schedule: { name: 'continuous-cosine' }, minLevel: 0.25, maxLevel: 0.5 },
    gaussianNoise({ schedule: continuousCosine(), minLevel: 0.25, maxLevel: 0.5 }),
  ],
  [
    { name: 'noise-log-snr', logSnr: [-2, 5], variancePreserving: false },
    logSnrNoise({ logSnr: [-2, 5], variancePreserving: false }),
  ],
  [{ name: 'gaussian-blur' }, gaussianBlur()],
  [
    { name: 'jpeg', quality: [30, 90], probability: 1, chromaSubsampling: '4:4:4' },
    jpegCompression({ quality: [30, 90], probability: 1, chromaSubsampling: '4:4:4' }),
  ],
  [
    { name: 'down-up', factor: [1, 2.5], down: 'bilinear', up: 'bilinear', probability: 1 },
    downUp({ factor: [1, 2.5], down: 'bilinear', up: 'bilinear', probability: 1 }),
  ],
  [{ name: 'none' }, noAugmentation],
  [
    { name: 'compose', augmentations: [{ name: 'gaussian-blur' }, { name: 'gaussian-noise', schedule: cosine }] },
    compose({ augmentations: [gaussianBlur(), gaussianNoise({ schedule: cosineSchedule(30) })] }),
  ],
  [
    { name: 'fixed', level: 9, augmentation: { name: 'gaussian-noise', schedule: cosine } },
    fixed({ level: 9, augmentation: gaussianNoise({ schedule: cosineSchedule(30) }) }),
  ],
  [
    {
      name: 'with-probability',
      probability: 0.5,
      augmentation: {
        name: 'compose',
        augmentations: [{ name: 'fixed', level: 0.5, augmentation: { name: 'gaussian-blur' } }],
      },
    },
    withProbability({
      probability: 0.5,
      augmentation: compose({ augmentations: [fixed({ level: 0.5, augmentation: gaussianBlur() })] }),
    }),
  ],
]

test.each(pairs)('%j', (config, expected) => {
  const made = augmentationOf(config, shape)
  const levels = ({ name, minLevel, maxLevel, continuous, noiseLevel }: ConditioningAugmentation) => {
    return { name, minLevel, maxLevel, continuous, noise: noiseLevel?.(maxLevel) }
  }
  expect(levels(made)).toEqual(levels(expected))
  expect(checkAugmentation(made, shape)).toBe(made)
  // As files have it.
  expect(parseConfig('file', augmentations.schema, JSON.parse(JSON.stringify(config)))).toEqual(config)
  const options = { shape: [3, ...shape], rng: rng(1) }
  expect(made.draw(options)).toEqual(expected.draw(options))
})

test('every augmentation of the table is tested here, and a custom one is returned as it is', () => {
  expect(new Set(pairs.map(([{ name }]) => name))).toEqual(new Set(augmentations.names))
  expect(augmentationOf(noAugmentation, shape)).toBe(noAugmentation)
})

test.each([
  [
    { name: 'gaussian-noise', schedule: 'cosine', steps: 30, maxLevel: 7 },
    "expected schedule, a schedule, such as { name: 'cosine' }, got 'cosine'",
  ],
  [
    { name: 'gaussian-noise', schedule: { name: 'continuous-cosine' }, maxLevel: 2 },
    'augmentation: expected maxLevel, a number from 0.000001 to 1, got 2',
  ],
  [
    { name: 'gaussian-noise', schedule: cosine, maxLevel: 0 },
    'augmentation: expected maxLevel, an integer from 1, got 0',
  ],
  [
    { name: 'gaussian-noise', schedule: cosine, maxLevel: 31 },
    'gaussianNoise: expected maxLevel, an integer from 1 to 30, got 31',
  ],
  [
    { name: 'gaussian-blur', size: 2, sigma: [1, 0], chance: 1 },
    'augmentation: 3 errors:\n- expected size, an odd integer',
  ],
  [{ name: 'noise-log-snr', logSnr: 3 }, 'augmentation: expected logSnr, [low, high], got 3'],
  [{ name: 'noise-log-snr', logSnr: [3, 3] }, 'logSnrNoise: expected logSnr, [min, max] with min < max, got [3, 3]'],
  [{ name: 'compose', augmentations: [] }, 'expected augmentations, a list of at least 1 entry, got an array of 0'],
  [
    {
      name: 'compose',
      augmentations: [
        { name: 'none', level: 3 },
        { name: 'with-probability', probability: 2, augmentation: { name: 'fixed', augmentation: { name: 'blur' } } },
      ],
    },
    [
      'augmentation: 4 errors:',
      "- unknown option 'augmentations[0].level'. There are name",
      '- expected augmentations[1].probability, a number from 0 to 1, got 2',
      '- expected augmentations[1].augmentation.level, a number from 0, got undefined',
      '- expected augmentations[1].augmentation.augmentation, an augmentation by its name, one of ',
    ].join('\n'),
  ],
  [
    { name: 'fixed', level: 31, augmentation: { name: 'gaussian-noise', schedule: cosine } },
    'fixed: expected a level s of gaussian-noise, an integer from 0 to 30, got 31',
  ],
  [
    { name: 'fixed', level: 3, augmentation: noAugmentation },
    'expected augmentation, a configuration, within another (the functions compose, withProbability and fixed take custom augmentations)',
  ],
  [{ name: 'jpeg', quality: [0, 90] }, 'augmentation: expected quality, [low, high], integers from 1 to 100, got'],
  [{ name: 'jpeg', quality: [50, 90], chromaSubsampling: '420' }, "one of '4:2:0', '4:4:4'; got '420'"],
  [{ name: 'down-up', factor: [0.5, 2] }, 'augmentation: expected factor, [low, high] from 1, got [0.5, 2]'],
  [{ name: 'gausian-noise' }, "Did you mean 'gaussian-noise'?"],
  ['none', "augmentation: expected an augmentation, such as { name: 'none' }, got 'none'"],
])('%j is none', (config, message) => {
  expect(() => augmentationOf(config as AugmentationConfig, shape)).toThrow(message)
})

test('the form of earlier versions is read from checkpoints', () => {
  const old = { name: 'gaussian-noise', schedule: 'cosine', steps: 30, prediction: 'v', maxLevel: 7 }
  expect(migrateAugmentation(old)).toEqual({ name: 'gaussian-noise', schedule: cosine, maxLevel: 7 })
  expect(migrateAugmentation({ name: 'none' })).toEqual({ name: 'none' })
})

test('configurations are typed, however deep', () => {
  expectTypeOf<AugmentationConfig['name']>().toEqualTypeOf<(typeof augmentations.names)[number]>()
  const wrong: readonly AugmentationConfig[] = [
    // @ts-expect-error: a part of an unknown name
    { name: 'compose', augmentations: [{ name: 'gausian-blur' }] },
    // @ts-expect-error: a part needs its schedule
    { name: 'fixed', level: 1, augmentation: { name: 'compose', augmentations: [{ name: 'gaussian-noise' }] } },
    // @ts-expect-error: one probability, a number
    { name: 'with-probability', probability: '1/2', augmentation: { name: 'none' } },
    // @ts-expect-error: [min, max]
    { name: 'noise-log-snr', logSnr: { min: -1, max: 3 } },
  ]
  for (const config of wrong) expect(() => augmentationOf(config, shape)).toThrow('augmentation: expected ')
})

/** Shifts the brightness of a share of the images, and does not condition the network on it. */
const brightness: Entry<{ readonly name: 'brightness'; readonly share: number }, ConditioningAugmentation> = {
  name: 'brightness',
  schema: schema.record<{ readonly name: 'brightness'; readonly share: number }>({
    name: schema.oneOf(['brightness']),
    share: schema.number({ from: 0, to: 1 }),
  }),
  make: ({ share }): ConditioningAugmentation<{ shift: tf.Tensor4D }> => ({
    name: 'brightness',
    maxLevel: 0,
    draw({ shape: [n = 0], rng, level, firstIndex }) {
      const key = rng.fold('augmentation')
      const shifts = key.fold('shift').normal([n], firstIndex).data
      const coins = key.fold('coin').uniform([n], firstIndex).data
      const shift = shifts.map((shift, i) => (level === undefined && coins[i]! < share ? shift : 0))
      return { shift: float32(shift, [n, 1, 1, 1]) }
    },
    apply: (z, { shift }) => tf.add(z, shift),
  }),
}

test('an augmentation more is one entry, and one line of a table', async () => {
  const more = table('an augmentation', [none, brightness])
  const made = checkAugmentation(more.of('augmentation', { name: 'brightness', share: 0.5 }), shape)
  await tryAugmentation(made, shape, eager)
  const { shift } = made.draw({ shape: [1000, ...shape], rng: rng(1) })
  const share = [...shift!.data].filter((x) => x !== 0).length / 1000
  expect(Math.abs(share - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 1000))
  expect(() => more.of('augmentation', { name: 'brightness', share: 2 })).toThrow(
    'expected share, a number from 0 to 1',
  )
})
