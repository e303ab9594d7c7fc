import '@tensorflow/tfjs-backend-cpu'
import { int32 } from '@cascade-diffusion/arrays'
import { stageSampler, trainStage } from '@cascade-diffusion/cascade'
import { noAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import { imageDataset } from '@cascade-diffusion/data'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { describe, expect, test } from 'vitest'
import { presetNetwork, presetSampler, presetStage } from './build.ts'
import { imagenet32, imagenet32To64, imagenet64To128 } from './imagenet.ts'
import { lsun64, lsun64To128 } from './lsun.ts'
import { presets } from './pipelines.ts'
import type { Preset } from './preset.ts'

test.each(presets)('$name makes a stage', (preset) => {
  const blurs = preset.kind === 'super-resolution' && preset.stage.augmentation.name === 'gaussian-blur'
  const stage = presetStage(preset)
  const { resolution } = preset.stage
  expect(stage).toMatchObject({ kind: preset.kind, name: preset.name, size: [resolution, resolution] })
  expect(stage.classNames?.length ?? null).toBe(preset.numClasses)
  expect(presetNetwork(preset)).toEqual(stage.network.config)
  expect(presetNetwork(preset)).toMatchObject({
    outChannels: stage.process.variance === 'learned-range' ? 6 : 3,
    noiseEmbedding: { name: stage.process.noiseInput === 'noise-level' ? 'noise-level' : 'timestep' },
    augmentationLevels: preset.kind === 'super-resolution' && !blurs,
  })
})

/** The preset at a size that a test can train: all settings but those of size. */
function shrunk<P extends Preset>(preset: P): P {
  const sizes = { resolution: 8, ...(preset.kind === 'super-resolution' && { lowResolution: 4 }) }
  const { attentionHeads, attentionHeadChannels, ...network } = preset.stage.network as { [field: string]: unknown }
  const small = {
    baseChannels: 8,
    channelMultipliers: [1, 2],
    residualBlocks: 1,
    attentionResolutions: [4],
    normGroups: 4,
  }
  return { ...preset, stage: { ...preset.stage, ...sizes, network: { ...network, ...small } } } as P
}

const images = rng(1).integers([6 * 64 * 3], 0, 256).data
const dataset = imageDataset({
  name: 'noise',
  images: { shape: [6, 8, 8, 3], data: Uint8Array.from(images) },
  labels: Int32Array.from({ length: 6 }, (_, i) => i % 2),
  classNames: ['even', 'odd'],
})

describe('trains and samples, at another size', () => {
  test.each([imagenet32, imagenet32To64, imagenet64To128, lsun64, lsun64To128])('$name', async (preset) => {
    const conditional = preset.numClasses !== null
    const stage = presetStage(shrunk(preset), conditional ? { classNames: dataset.classNames } : {})
    const training = { ...preset.training, steps: 2, batchSize: 2 }
    const { losses, ema } = await trainStage({ stage, dataset, ...training, seed: 1, compile: eager })
    expect(Array.from(losses, Number.isFinite)).toEqual([true, true])

    const sampler = stageSampler({ stage, params: ema }, { ...presetSampler(preset), spacing: 3, compile: eager })
    const sample = await sampler.sample({
      count: 2,
      rng: rng(2),
      ...(conditional && { labels: int32([0, 1]) }),
      ...(stage.kind === 'super-resolution' && {
        lowRes: rng(3).normal([2, 4, 4, 3]),
        level: preset.inference.level ?? 0,
      }),
    })
    await sampler.dispose()
    expect(sample.shape).toEqual([2, 8, 8, 3])
  })
})

test('refuses what it cannot make', () => {
  expect(() => presetStage(imagenet32, { classnames: ['a'] } as never)).toThrow("Did you mean 'classNames'?")
  expect(() => presetStage('imagenet-32' as never)).toThrow('presetStage: expected a preset, such as imagenet32 or')
  expect(() => presetStage(imagenet32, { augmentation: noAugmentation })).toThrow('expected no augmentation')
})
