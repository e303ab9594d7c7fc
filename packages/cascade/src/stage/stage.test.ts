import type { ImageSize } from '@cascade-diffusion/data'
import { processOf } from '@cascade-diffusion/diffusion'
import { cosineSchedule, linearSchedule } from '@cascade-diffusion/schedules'
import { type UNetConfig, unet } from '@cascade-diffusion/unet'
import * as tf from '@tensorflow/tfjs-core'
import { expect, expectTypeOf, test } from 'vitest'
import { smear, tinyNetwork } from '../test-support.ts'
import { describedStage } from './described-stage.ts'
import { baseStage, superResolutionStage } from './stage.ts'

const process = { schedule: { name: 'cosine', steps: 20 } } as const
const size = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1 }
const options = { name: 'sr', resolution: 8, lowResolution: 4, imageChannels: 3, process, network: size } as const
const { lowResolution: _, ...ofBase } = options
const augmentation = { name: 'gaussian-noise', ...process, maxLevel: 5 } as const

test('a stage of a single class is one', () => {
  expect(baseStage({ ...ofBase, network: tinyNetwork(), classNames: ['all'] }).classNames).toEqual(['all'])
  expect(() => baseStage({ ...options, network: size })).toThrow("stage 'sr': unknown option 'lowResolution'")
})

test("a stage settles its U-Net's inputs and outputs", () => {
  const given = { ...size, resolution: 8, imageChannels: 3 }
  expect(baseStage({ ...ofBase, network: size }).network.config).toEqual(unet(given).config)
  const classNames = ['a', 'b', 'c']
  expect(superResolutionStage({ ...options, classNames, augmentation }).network.config).toEqual(
    unet({ ...given, numClasses: 3, lowRes: { channels: 3 }, augmentationLevels: true }).config,
  )
  const without = superResolutionStage({ ...options, augmentation: { name: 'none' } })
  expect(without.network.config).toEqual(unet({ ...given, lowRes: { channels: 3 } }).config)
  const network = tinyNetwork()
  expect(baseStage({ ...ofBase, network }).network).toBe(network)
})

test('a U-Net that is handed in fits its stage', () => {
  const given = { ...size, resolution: 8, imageChannels: 3, lowRes: { channels: 3 }, augmentationLevels: true }
  const stageOf = (changes: Partial<UNetConfig>, ofStage: object = {}) =>
    superResolutionStage({ ...options, augmentation, ...ofStage, network: unet({ ...given, ...changes }) })
  expect(stageOf({}).network.config).toEqual(superResolutionStage({ ...options, augmentation }).network.config)
  expect(() => stageOf({ resolution: [8, 16] })).toThrow(
    "stage 'sr': expected a network of resolution 8×8, as follows from the stage, got resolution 8×16",
  )
  expect(() => stageOf({ augmentationLevels: false, numClasses: 2 })).toThrow(
    'of numClasses none, augmentationLevels true, as follows from the stage, got numClasses 2, augmentationLevels false',
  )
  expect(() => stageOf({}, { process: { ...process, variance: 'learned' } })).toThrow(
    'of outChannels 6, as follows from the stage, got outChannels 3',
  )
  expect(() => stageOf({ noiseEmbedding: { name: 'noise-level' } })).toThrow(
    "stage 'sr': expected a noiseEmbedding that fits the noiseInput timestep, got noise-level",
  )
  expect(() => baseStage({ ...ofBase, network: unet(given) })).toThrow('of lowRes.channels none')
})

test('its description is JSON, with the augmentation in full, or what is known of a custom one', () => {
  const described = superResolutionStage({ ...options, augmentation }).description
  expect(JSON.parse(JSON.stringify(described))).toEqual(described)
  expect(described).toMatchObject({ kind: 'super-resolution', lowResolution: 4, classNames: null, augmentation })
  expect(superResolutionStage({ ...options, augmentation: smear }).description.augmentation).toEqual({
    name: 'smear',
    maxLevel: 2,
    embedsLevel: true,
  })
  expect(baseStage(ofBase).description).not.toHaveProperty('augmentation')
})

test('everything that is wrong with the options is reported together', () => {
  const wrong = { ...options, augmentation: { ...augmentation, maxLevel: 0 }, resolution: '8', stps: 3 }
  expect(() => superResolutionStage(wrong as never)).toThrow(
    [
      "stage 'sr': 3 errors:",
      "- expected resolution, an integer from 1 or [height, width], got '8'",
      '- expected augmentation.maxLevel, an integer from 1, got 0',
      "- unknown option 'stps'.",
    ].join('\n'),
  )
})

test('the process is that of its name', () => {
  expect(processOf({ schedule: { name: 'linear', steps: 30 }, variance: 'fixed-small' })).toEqual({
    schedule: linearSchedule(30),
    prediction: 'epsilon',
    variance: 'fixed-small',
    noiseInput: 'timestep',
  })
  expect(baseStage(ofBase).process).toMatchObject({ schedule: cosineSchedule(20), variance: 'fixed-large' })
})

test.each([
  [{ lowResolution: 8 }, "stage 'sr': expected a resolution that is larger than lowResolution 8×8, got 8×8"],
  [{ lowResolution: [4, 9] }, 'larger than lowResolution 4×9, got 8×8'],
  [{ lowResolution: 0.5 }, 'expected lowResolution, an integer from 1 or [height, width], got 0.5'],
  [{ name: 'to 8×8' }, "expected name, letters, digits, - and _, since it names files, got 'to 8×8'"],
  [{ name: '' }, "got ''"],
  [
    { process: { schedule: { name: 'quadratic', steps: 20 } } },
    "stage 'sr': expected process.schedule, a schedule by its name, one of 'cosine', 'linear'",
  ],
  [{ process: { schedule: { name: 'cosine', steps: 0 } } }, '0'],
  [
    { augmentation: { name: 'blur' } },
    "stage 'sr': expected augmentation, an augmentation by its name, one of 'gaussian-noise'",
  ],
  [{ augmentation: 'none' }, "expected augmentation, an augmentation, such as { name: 'none' }, got 'none'"],
  [
    { augmentation: { ...augmentation, maxlevel: 3 } },
    "stage 'sr': unknown option 'augmentation.maxlevel'. Did you mean 'maxLevel'?",
  ],
  [{ augmentation: { ...smear, apply: undefined } }, "stage 'sr': augmentation 'smear': expected apply, a function"],
  [{ augmentation: { ...smear, draw: () => [0] } }, 'expected draw to give a record of arrays, got an array of 1'],
  [{ augmentation: { ...smear, apply: (z: tf.Tensor4D) => tf.mean(z) } }, 'expected apply to give float32 [3,4,4,3]'],
  [{ labelDropout: '0.1', classNames: ['a'] }, "expected labelDropout, a rate from 0 to below 1, got '0.1'"],
  [{ labelDropout: 0.1, classNames: undefined }, 'expected labelDropout of a stage with classNames only, got 0.1'],
  [{ augmentation: { name: 'mine', apply: smear.apply } }, "augmentation 'mine': expected maxLevel, an integer from 0"],
  [{ classnames: ['a'] }, "stage 'sr': unknown option 'classnames'. Did you mean 'classNames'?"],
  [{ classNames: 'ab' }, "stage 'sr': expected classNames, a list of at least 1 entry, got 'ab'"],
  [{ classNames: [] }, 'expected classNames, a list of at least 1 entry, got an array of 0'],
  [{ classNames: [0, 1] }, 'expected classNames[0], a text, got 0'],
  [{ classNames: ['a', 'a'] }, "expected different classNames, got 'a' twice"],
  [{ imageChannels: undefined }, "stage 'sr': expected imageChannels, an integer from 1 to 4, got undefined"],
  [{ imageChannels: 5 }, 'expected imageChannels, an integer from 1 to 4, got 5'],
  [{ name: undefined }, 'got undefined'],
  [
    { process: 'cosine' },
    "stage 'sr': expected process, an object with schedule, prediction, variance, noiseInput, got 'cosine'",
  ],
  [{ process: { ...process, variant: 3 } }, "stage 'sr': unknown option 'process.variant'. Did you mean 'variance'?"],
  [
    { process: { schedule: 'cosine', steps: 20 } },
    "expected process.schedule, a schedule, such as { name: 'cosine' }, got 'cosine'\n- unknown option 'process.steps'",
  ],
  [
    { network: undefined },
    'expected network, an object with patchSize, baseChannels, channelMultipliers, firstChannels, …, got undefined',
  ],
  [
    { network: { apply: tinyNetwork().apply } },
    'expected network, { config, init, apply } with functions init, apply and, if it has one, resized, got an object with apply',
  ],
  [
    { augmentation: { ...augmentation, maxLevel: 21 } },
    "stage 'sr': gaussianNoise: expected maxLevel, an integer from 1 to 20, got 21",
  ],
  [
    { network: { ...size, patchSize: 3 } },
    "stage 'sr': unet: expected a resolution of multiples of 3, for patches of 3×3, got a height of 8 and a width of 8",
  ],
])('%j is refused', (changes, message) => {
  expect(() => superResolutionStage({ ...options, augmentation, ...(changes as object) })).toThrow(message)
})

test('what is right by types only: an augmentation, sizes of two sides, a base without what is above it', () => {
  // @ts-expect-error there is no default
  expect(() => superResolutionStage(options)).toThrow('expected augmentation')
  // @ts-expect-error a base has no images below it
  expect(() => baseStage({ ...ofBase, network: size, lowResolution: 4 })).toThrow("unknown option 'lowResolution'")
  // @ts-expect-error nor are there images to augment
  expect(() => baseStage({ ...ofBase, network: size, augmentation })).toThrow("unknown option 'augmentation'")
  // @ts-expect-error
  expect(() => superResolutionStage({ ...options, augmentation, resolution: [8] })).toThrow('expected resolution')
  // @ts-expect-error
  expect(() => superResolutionStage({ ...options, augmentation, lowResolution: [4, 4, 3] })).toThrow(
    'got an array of 3',
  )
  const { lowResolution, ...rest } = { ...options, augmentation }
  // @ts-expect-error
  expect(() => superResolutionStage(rest)).toThrow('expected lowResolution')
  // @ts-expect-error the inputs of a U-Net follow from its stage
  expect(() => baseStage({ ...ofBase, network: { ...size, resolution: 8 } })).toThrow(
    "unknown option 'network.resolution'",
  )
  expectTypeOf(superResolutionStage({ ...options, augmentation }).lowSize).toEqualTypeOf<ImageSize>()
  // @ts-expect-error only a super-resolution stage has one
  expect(baseStage(ofBase).lowSize).toBeUndefined()
})

test('sizes: squares are described by a number, rectangles by both sides, and come back', () => {
  const sized = (resolution: number | ImageSize, lowResolution: number | ImageSize) =>
    superResolutionStage({ ...options, augmentation, resolution, lowResolution })
  expect(sized([12, 12], [8, 8]).description).toEqual(sized(12, 8).description)
  expect(sized(12, 8)).toMatchObject({
    size: [12, 12],
    lowSize: [8, 8],
    description: { resolution: 12, lowResolution: 8, network: { resolution: 12 } },
  })
  for (const [resolution, lowResolution] of [
    [
      [6, 9],
      [4, 6],
    ],
    [
      [6, 9],
      [6, 5],
    ],
    [
      [8, 8],
      [3, 7],
    ],
  ] as const) {
    const stage = sized(resolution, lowResolution)
    expect([stage.size, stage.lowSize]).toEqual([resolution, lowResolution])
    const again = describedStage(JSON.parse(JSON.stringify(stage.description)), 'a file')
    expect(again.description).toEqual(stage.description)
    expect(again).toMatchObject({ size: resolution, lowSize: lowResolution })
  }
})
