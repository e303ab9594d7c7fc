import '@tensorflow/tfjs-backend-cpu'
import type { BaseStage, StageSampling, SuperResolutionStage, TrainedStage } from '@cascade-diffusion/cascade'
import { noAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import { imageDataset } from '@cascade-diffusion/data'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { pipelineCascade, presetNetwork, presetSampling, presetStage, presetTraining } from './build.ts'
import { imagenet16To64, imagenet32, imagenet32To64, imagenet64To128 } from './imagenet.ts'
import { lsun64, lsun64To128 } from './lsun.ts'
import { pipelines, presets } from './pipelines.ts'

const images = { shape: [2, 8, 8, 3], data: new Uint8Array(2 * 64 * 3) }
const unlabelled = imageDataset({ name: 'black', images })
const dataset = imageDataset({ name: 'black', images, labels: [0, 1], classNames: ['cat', 'dog'] })

test.each(presets)('$name makes a stage', (preset) => {
  const blurs = preset.kind === 'super-resolution' && preset.stage.augmentation.name === 'gaussian-blur'
  const stage = presetStage(preset)
  const { resolution } = preset.stage
  expect(stage).toMatchObject({ kind: preset.kind, name: preset.name, size: [resolution, resolution] })
  expect(stage.description).toMatchObject({ process: preset.stage.process })
  expect(stage.classNames?.length ?? null).toBe(preset.numClasses)
  expect(presetNetwork(preset)).toEqual(stage.network.config)
  expect(presetNetwork(preset)).toMatchObject({
    resolution: preset.stage.resolution,
    outChannels: stage.process.variance === 'learned-range' ? 6 : 3,
    noiseEmbedding: { name: stage.process.noiseInput === 'noise-level' ? 'noise-level' : 'timestep' },
    augmentationLevels: preset.kind === 'super-resolution' && !blurs,
  })
})

test('the kind of a preset is that of its stage', () => {
  expectTypeOf(presetStage(imagenet32)).toEqualTypeOf<BaseStage>()
  expectTypeOf(presetStage(imagenet32To64)).toEqualTypeOf<SuperResolutionStage>()
})

test('training takes everything of a preset, and the classes of the data', () => {
  const { stage, ...training } = presetTraining(imagenet64To128, dataset)
  expect(training).toEqual({
    dataset,
    steps: 500_000,
    batchSize: 1024,
    learningRate: 1e-4,
    averages: { ema: { decay: 0.9999 } },
    randomFlips: true,
    loss: { name: 'simple' },
    noiseLevels: { name: 'piecewise-uniform' },
  })
  expect(stage).toMatchObject({ name: 'imagenet-64-128', classNames: ['cat', 'dog'] })
  expect(presetTraining(lsun64, dataset).stage.classNames).toBeUndefined()
  expect(presetTraining(lsun64, unlabelled).stage.classNames).toBeUndefined()
})

describe('sampling', () => {
  const sampler = { name: 'ancestral' } as const
  test.each<[string, StageSampling, StageSampling]>([
    ['all 4000 steps of training', presetSampling(imagenet32), { sampler }],
    ['100 linear steps', presetSampling(imagenet64To128), { sampler, schedule: { name: 'linear', steps: 100 } }],
    ['256 cosine steps', presetSampling(lsun64), { sampler, schedule: { name: 'cosine', steps: 256 } }],
  ])('%s', (_, sampling, expected) => expect(sampling).toEqual(expected))

  test('fewer steps are spread over the schedule', () => {
    const fewer = { ...lsun64, inference: { ...lsun64.inference, steps: 16 } }
    expect(presetSampling(fewer)).toEqual({ sampler, schedule: { name: 'cosine', steps: 256 }, spacing: 16 })
  })
})

test('refuses what it cannot make', () => {
  expect(() => presetStage(imagenet32, { classnames: ['a'] } as never)).toThrow("Did you mean 'classNames'?")
  expect(() => presetStage('imagenet-32' as never)).toThrow('presetStage: expected a preset, such as imagenet32 or')
  expect(() => presetStage(imagenet32, { augmentation: noAugmentation })).toThrow('expected no augmentation')
  expect(() => presetTraining('imagenet-32' as never, dataset)).toThrow('presetTraining: expected a preset')
  expect(() => presetTraining(imagenet32, unlabelled)).toThrow(
    "preset 'imagenet-32': expected a source of images with classes, got 'black' without",
  )
  const continuous = { ...lsun64, inference: { steps: 256 } }
  expect(() => presetSampling(continuous)).toThrow(
    "preset 'lsun-64': expected an inference.schedule that has steps, got 'continuous-cosine'",
  )
})

describe('a cascade of a pipeline', () => {
  const untrained = (preset: Parameters<typeof presetStage>[0]): TrainedStage => ({
    stage: presetStage(preset),
    params: {},
  })

  test('is sampled as its presets say; s is open where the paper searches for it', () => {
    const { stages } = pipelineCascade(pipelines['imagenet-256'], pipelines['imagenet-256'].map(untrained))
    expect(stages.map(({ level }) => level)).toEqual([undefined, undefined, 0])
    expect(stages.map(({ sampling }) => sampling)).toEqual(pipelines['imagenet-256'].map(presetSampling))
    const experiment = pipelines['imagenet-16-64']
    expect(pipelineCascade(experiment, experiment.map(untrained)).stages.map(({ level }) => level)).toEqual([
      undefined,
      imagenet16To64.inference.level,
    ])
  })

  test('has a stage for each preset, in order', () => {
    const [base, sr] = [untrained(lsun64), untrained(lsun64To128)]
    const { lsun } = pipelines
    expect(() => pipelineCascade(lsun, [base])).toThrow('expected the trained stages lsun-64, lsun-64-128, got lsun-64')
    expect(() => pipelineCascade(lsun, [sr, base])).toThrow('got lsun-64-128, lsun-64')
    expect(() => pipelineCascade(lsun, [])).toThrow('got none')
    expect(() => pipelineCascade(lsun, [base, undefined as never])).toThrow('got lsun-64, undefined')
    expect(() => pipelineCascade('lsun' as never, [base])).toThrow('expected a pipeline, as pipelineNamed gives')
    expect(() => pipelineCascade(lsun, base as never)).toThrow('expected a list of trained stages')
  })
})
