import { baseStage, type StageUNetConfig, superResolutionStage } from '@cascade-diffusion/cascade'
import type { CascadeError } from '@cascade-diffusion/checks'
import { type ImageSize, imageDataset } from '@cascade-diffusion/data'
import { imagenet32, imagenet64To256, lsun64 } from '@cascade-diffusion/presets'
import { describe, expect, test } from 'vitest'
import { checkPlan } from '../plan/check-plan.ts'
import { stagesOf } from '../plan/stages.ts'
import { checkMemory } from './check-memory.ts'
import { type ConfigWithData, completePlan } from './complete-plan.ts'
import type { DataFacts } from './data-facts.ts'
import { estimateMemory } from './estimate-memory.ts'
import { stageSizes } from './stage-sizes.ts'

const GiB = 2 ** 30

/** Pictures of different sizes, or all of one. */
function facts(shorter: number, size?: ImageSize, changes: Partial<DataFacts> = {}): DataFacts {
  const smallest = { index: 3, name: 'photos/3.jpg', size: [shorter, 2 * shorter] as const }
  const sides = { least: shorter, tenth: shorter, median: shorter, greatest: shorter }
  const sizes = { sampled: 256, shorter: sides, pixels: shorter ** 2, smallest }
  return { name: 'photos (train)', count: 900, testCount: 100, channels: 3, size, sizes, ...changes }
}

const data = { name: 'images', train: 'photos', test: { validation: 0.1 } } as const
const plan = (config: Partial<ConfigWithData> = {}, of = facts(500), memoryBytes = 16 * GiB) =>
  completePlan({ data, ...config }, of, { memoryBytes })
const classNames = ['cat', 'dog']

test.each<[number | ImageSize, readonly unknown[], readonly unknown[]]>([
  [20, [16], [16]],
  [31, [8, 32], [32]],
  [[28, 28], [8, 32], [32]],
  [
    [32, 64],
    [
      [8, 16],
      [32, 64],
    ],
    [[32, 64]],
  ],
  [
    [178, 218],
    [16, 64],
    [32, 128],
  ],
  [3000, [16, 64], [32, 128]],
  [5, [8], [8]],
])('stages of images of %j: tiny %j, base %j', (size, tiny, base) => {
  const of = typeof size === 'number' ? facts(size) : facts(Math.min(...size), size)
  expect(stageSizes('tiny', of)).toEqual(tiny)
  expect(stageSizes('base', of)).toEqual(base)
})

test('every budget gives a plan that can be built, and that is its own completion', () => {
  for (const network of ['tiny', 'small', 'base', 'paper'] as const)
    for (const of of [facts(3000), facts(70, undefined, { classNames }), facts(32, [32, 64]), facts(16, [16, 16])]) {
      const made = plan({ network }, of, 64 * GiB)
      checkPlan(made)
      expect(stagesOf(made, { train: of }).map(({ name }) => name)).toEqual(made.stages.map(({ name }) => name))
      const { resolution } = made.stages.at(-1)!
      const size = typeof resolution === 'number' ? ([resolution, resolution] as const) : resolution
      expect(completePlan(JSON.parse(JSON.stringify(made)), { ...of, size }, { memoryBytes: 4 * GiB })).toEqual(made)
    }
})

test('pictures are cropped to squares, images that fit are not', () => {
  expect(plan().data).toEqual({ ...data, transforms: [{ name: 'resize-crop', size: 64 }] })
  expect(plan({}, facts(128, [128, 128])).data).toBe(data)
  const pixels = { shape: [4, 40, 50, 3], data: new Uint8Array(4 * 40 * 50 * 3) }
  const source = imageDataset({ name: 'memory', images: pixels })
  const made = plan({ data: { train: source, test: source } }, facts(40, [40, 50])).data
  expect('train' in made && typeof made.train === 'object' && 'size' in made.train && made.train.size).toEqual([32, 32])
})

test('what is said is taken: of a stage, else of all, else by the budget', () => {
  const { stages, sampling, name, report } = plan({
    name: 'mine',
    training: { steps: 70, batchSize: 4 },
    sampling: { batchSize: 3, spacing: 10 },
    stages: [
      { resolution: 16, network: 'tiny', training: { steps: 9 }, sampling: { steps: 5 } },
      { resolution: 24, name: 'fine', network: { baseChannels: 16, channelMultipliers: [1], residualBlocks: 1 } },
    ],
  })
  expect([name, report.title, report.about, sampling]).toEqual([
    'mine',
    'A cascade on mine',
    '900 images of photos.',
    { batchSize: 3 },
  ])
  expect(stages.map(({ training }) => [training.steps, training.batchSize])).toEqual([
    [9, 4],
    [70, 4],
  ])
  expect(stages.map(({ sampling: { spacing, steps } }) => [spacing, steps])).toEqual([
    [10, 5],
    [10, undefined],
  ])
  expect(stages[0].network).toMatchObject({ baseChannels: 32 })
  expect(stages[1]).toMatchObject({ name: 'fine', network: { baseChannels: 16 } })
  expect(() => plan({ stages: [{ resolution: 16, levels: [1] }, 64] })).toThrow('expected no stages[0].levels')
})

test('the steps of sampling and the levels follow from another process', () => {
  const process = { schedule: { name: 'continuous-cosine' } } as const
  const [base, fine] = plan({ network: 'tiny', stages: [{ resolution: 16, process }, 64] }).stages
  expect(base.sampling.steps).toEqual({ count: 25, from: 0.98, to: 0.98 / 25 })
  expect(fine).toMatchObject({
    augmentation: { schedule: process.schedule, maxLevel: 0.4 },
    levels: [0.05, 0, 0.1, 0.2],
  })
  const blurred = plan({ network: 'base' }).stages[1]!
  expect([blurred.augmentation, blurred.levels]).toEqual([{ name: 'gaussian-blur' }, [0, 0.3, 0.6]])
})

test('classes are conditioned on and evaluated by, where there are several', () => {
  expect(plan({}, facts(64, undefined, { classNames })).evaluation.features).toBe('classes')
  expect(plan().evaluation.features).toBe('rotations')
  const one = plan({}, facts(64, undefined, { classNames: ['all'] }))
  expect([one.evaluation.features, ...one.stages.map(({ conditional }) => conditional)]).toEqual([
    'rotations',
    false,
    false,
  ])
})

test('the budget of the paper has its models', () => {
  const of = facts(256, [256, 256], { count: 1e6, classNames })
  const [first, , last] = plan({ network: 'paper' }, of, 1e13).stages
  expect(first).toMatchObject({ resolution: 32, network: imagenet32.stage.network, training: imagenet32.training })
  expect(last).toMatchObject({
    network: imagenet64To256.stage.network,
    augmentation: imagenet64To256.stage.augmentation,
    sampling: { schedule: { name: 'linear', steps: 100 } },
  })
  const unlabelled = plan({ network: 'paper', stages: [64] }, facts(256), 1e13).stages[0]
  expect(unlabelled.network).toEqual(lsun64.stage.network)
})

test('the batch follows from the memory and the images, the learning rate from the batch', () => {
  const of = (memory: number, changes: Partial<DataFacts> = {}) =>
    plan({ network: 'base' }, facts(500, undefined, changes), memory).stages.map(({ training }) => training)
  const [ample] = of(1000 * GiB)
  expect(ample).toMatchObject({ batchSize: 128, learningRate: { rate: 2e-4 } })
  const [base, fine] = of(16 * GiB) as [typeof ample, typeof ample]
  expect(base!.batchSize).toBeGreaterThan(fine!.batchSize)
  expect(fine!.batchSize).toBeLessThan(128)
  const { rate } = fine!.learningRate as { rate: number }
  expect(Math.abs(rate / (2e-4 * Math.sqrt(fine!.batchSize / 128)) - 1)).toBeLessThan(0.03)
  expect(of(1000 * GiB, { count: 100 })[0]!.batchSize).toBe(64)
})

describe('data that do not allow a plan are refused, with what to do', () => {
  test.each<[string, DataFacts, Partial<ConfigWithData>]>([
    [
      'in each class of photos (train), got none in dog: add images, or remove the class',
      facts(64, undefined, { classNames, perClass: [3, 0] }),
      {},
    ],
    [
      'expected at least 2 test images, got 1: add images, or set data.test',
      facts(64, undefined, { testCount: 1 }),
      {},
    ],
    [
      "stage 'base': expected a batch of at most the 900 training images, got a batchSize of 1000: set its training.batchSize",
      facts(64),
      { training: { batchSize: 1000 } },
    ],
    [
      "stage '128x128': expected images of at least 128×128 in photos (train), got a shorter side of 50 pixels in half of them, and 50×100 in photos/3.jpg: use larger images",
      facts(50),
      { stages: [32, 128] },
    ],
    ["stage '64x64': expected images of at least 64×64 in", facts(32, [32, 32]), { stages: [16, 64] }],
  ])('%s', (message, of, config) => {
    expect(() => plan(config, of)).toThrow(message)
    expect(() => plan(config, of)).toThrow(expect.objectContaining({ code: 'data' } satisfies Partial<CascadeError>))
  })
})

const process = { schedule: { name: 'cosine', steps: 1000 }, prediction: 'v' } as const
const tiny = { baseChannels: 32, channelMultipliers: [1, 2, 2], residualBlocks: 1, normGroups: 8 }
const small = { ...tiny, baseChannels: 64, residualBlocks: 2, attentionHeads: 4, normGroups: 16 }
const wide = {
  baseChannels: 128,
  channelMultipliers: [1, 2, 3],
  residualBlocks: 2,
  attentionResolutions: [8, 16],
  attentionHeadChannels: 64,
}

/** A stage that was measured: the peak of a whole process that trained it for a few steps, or sampled it, resident, in MiB. */
interface Measured {
  readonly use: 'training' | 'sampling'
  readonly resolution: number
  readonly lowResolution?: number
  readonly batch: number
  readonly network: StageUNetConfig
  readonly peak: number
}

test.each<Measured>([
  { use: 'training', resolution: 16, batch: 16, network: tiny, peak: 425 },
  { use: 'training', resolution: 16, batch: 64, network: tiny, peak: 541 },
  { use: 'training', resolution: 16, batch: 32, network: { ...small, attentionResolutions: [8] }, peak: 1041 },
  { use: 'training', resolution: 32, batch: 16, network: { ...small, attentionResolutions: [8, 16] }, peak: 1503 },
  { use: 'training', resolution: 16, batch: 8, network: wide, peak: 3292 },
  { use: 'training', resolution: 64, lowResolution: 16, batch: 8, network: { ...tiny, patchSize: 2 }, peak: 453 },
  { use: 'training', resolution: 64, lowResolution: 16, batch: 32, network: { ...tiny, patchSize: 2 }, peak: 666 },
  {
    use: 'training',
    resolution: 64,
    lowResolution: 16,
    batch: 8,
    network: { ...small, patchSize: 2, attentionResolutions: [8] },
    peak: 1045,
  },
  { use: 'training', resolution: 128, lowResolution: 32, batch: 4, network: tiny, peak: 946 },
  { use: 'sampling', resolution: 16, batch: 32, network: { ...small, attentionResolutions: [8] }, peak: 601 },
  { use: 'sampling', resolution: 64, batch: 64, network: { ...tiny, patchSize: 2 }, peak: 591 },
  { use: 'sampling', resolution: 16, batch: 8, network: wide, peak: 2087 },
])('memory for $use at $resolution in batches of $batch, of $peak MiB, is estimated', (measured) => {
  const { use, resolution, lowResolution, batch, network, peak } = measured
  const common = { name: 'measured', resolution, imageChannels: 3, process, network }
  const augmentation = { name: 'gaussian-noise', schedule: process.schedule } as const
  const stage = lowResolution ? superResolutionStage({ ...common, lowResolution, augmentation }) : baseStage(common)
  expect(Math.abs(estimateMemory(stage, batch)![use] / 2 ** 20 / peak - 1)).toBeLessThan(0.2)
})

test('memory that is too small is refused before training, with a batch that fits', () => {
  const made = plan({ network: 'small', training: { batchSize: 256 } })
  expect(() => checkMemory(made, facts(500), { memoryBytes: 100 * GiB })).not.toThrow()
  expect(() => checkMemory(made, facts(500), { memoryBytes: 4 * GiB })).toThrow(
    /^stage '64x64': expected training that fits in 4\.0 GiB of memory, got a batchSize of 256 that needs about \d+\.\d GiB; a batchSize of \d+ needs \d\.\d GiB$/,
  )
  expect(() => checkMemory(made, facts(500), { memoryBytes: 0.3 * GiB, stages: ['64x64'] })).toThrow(
    "stage '64x64': expected training that fits in 0.3 GiB of memory, got a batchSize of 256",
  )
  expect(() => checkMemory(made, facts(500), { memoryBytes: 0.3 * GiB })).toThrow('not even one image at a time fits')
})
