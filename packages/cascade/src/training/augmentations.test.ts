import { join } from 'node:path'
import type { NDArray } from '@cascade-diffusion/arrays'
import {
  type AugmentationConfig,
  augmentations,
  type ConditioningAugmentation,
  compose,
  conditionsOnLevel,
  defaultLevel,
  gaussianNoise,
  withProbability,
} from '@cascade-diffusion/conditioning-augmentation'
import { ddim } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { cosineSchedule } from '@cascade-diffusion/schedules'
import { greatestDifference, temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { stageSampler } from '../sampling/stage/stage-sampler.ts'
import { truncatedStop } from '../sampling/stage/truncated-stop.ts'
import { loadStage } from '../stage/load-stage.ts'
import { halves, smear, tinyBase, tinyNetwork, tinySuperResolution } from '../test-support.ts'
import { trainStage } from './train-stage.ts'

const [low, high] = [8, 16]
const schedule = { name: 'cosine', steps: 20 } as const
const noise = { name: 'gaussian-noise', schedule } as const
const blur = { name: 'gaussian-blur', probability: 1 } as const

const configs: readonly AugmentationConfig[] = [
  { name: 'none' },
  noise,
  { ...noise, minLevel: 5, maxLevel: 9, variancePreserving: false },
  { name: 'gaussian-noise', schedule: { name: 'continuous-cosine' }, maxLevel: 0.75 },
  { name: 'noise-log-snr', logSnr: [-2, 8] },
  { name: 'noise-log-snr', logSnr: [-2, 8], variancePreserving: false },
  { name: 'gaussian-blur' },
  { name: 'jpeg', quality: [20, 60] },
  { name: 'down-up', factor: [1, 3] },
  { name: 'compose', augmentations: [blur, { name: 'down-up', factor: [2, 2] }, noise] },
  { name: 'with-probability', probability: 0.5, augmentation: noise },
  { name: 'fixed', level: 7, augmentation: noise },
  {
    name: 'compose',
    augmentations: [
      { name: 'with-probability', probability: 0.5, augmentation: { name: 'compose', augmentations: [blur, blur] } },
      { name: 'fixed', level: 0.25, augmentation: { name: 'gaussian-noise', schedule: { name: 'continuous-cosine' } } },
    ],
  },
]

const stageOf = (augmentation: AugmentationConfig | ConditioningAugmentation) =>
  tinySuperResolution({ resolution: high, lowResolution: low, augmentation })

const run = { dataset: halves(8, high), steps: 2, batchSize: 4, learningRate: 0.01, seed: 3 } as const

test('every augmentation of the table is here', () => {
  expect(new Set(configs.map(({ name }) => name))).toEqual(new Set(augmentations.names))
})

test.each(configs)('a step trains with %j, compiled as eagerly; its stage comes back from a file', async (config) => {
  const stage = stageOf(config)
  const path = join(temporaryFolder(), 'stage.safetensors')
  const compiled = await trainStage({ ...run, stage, compile: jit, checkpoint: { path } })
  const eagerly = await trainStage({ ...run, stage, compile: eager })
  for (const [name, { data }] of Object.entries(eagerly.params))
    expect(greatestDifference(compiled.params[name]!.data, data), name).toBeLessThan(1e-4)
  expect(greatestDifference(compiled.losses, eagerly.losses)).toBeLessThan(1e-4)

  const loaded = await loadStage(path, { network: tinyNetwork() })
  expect(loaded.stage.description).toEqual(stage.description)
  expect(loaded.stage.description.augmentation).toEqual(config)
  const { augmentation } = stage
  const draw = ({ draw }: ConditioningAugmentation) => draw({ shape: [3, low, low, 1], rng: rng(1) })
  expect(draw((loaded.stage as typeof stage).augmentation)).toEqual(draw(augmentation))

  // At each end of its levels the images that come out are the same, and finite.
  const lowRes = rng(2).uniform([2, low, low, 1])
  for (const level of new Set([defaultLevel(augmentation), augmentation.maxLevel])) {
    const images = await Promise.all(
      [stage, loaded.stage].map(async (stage) => {
        const sampler = stageSampler({ stage, params: loaded.params }, { sampler: ddim(), steps: 2, compile: jit })
        const made = await sampler.sample({ count: 2, labels: [0, 1], lowRes, level, rng: rng(1) })
        await sampler.dispose()
        return made as NDArray<'float32'>
      }),
    )
    expect(images[0]!.data).toEqual(images[1]!.data)
    expect(images[0]!.data.every(Number.isFinite)).toBe(true)
  }
})

test('noise within others truncates the stage before as it does by itself', () => {
  const within: readonly AugmentationConfig[] = [
    { name: 'compose', augmentations: [blur, noise] },
    { name: 'with-probability', probability: 0.5, augmentation: noise },
    { name: 'fixed', level: 7, augmentation: { name: 'compose', augmentations: [blur, noise] } },
  ]
  const lower = { stage: tinyBase(), sampling: { sampler: { name: 'ddim' } } } as const
  const stopOf = (augmentation: AugmentationConfig) => truncatedStop(lower, stageOf(augmentation), 7)
  for (const augmentation of within) expect(stopOf(augmentation)).toEqual(stopOf(noise))
  expect(() => stopOf({ ...noise, variancePreserving: false })).toThrow(
    "stage 'sr': expected an augmentation by a forward process for truncated sampling",
  )
})

test('what is wrong within a configuration is reported by the stage, with its path', () => {
  const wrong = {
    name: 'compose',
    augmentations: [{ name: 'with-probability', probability: 1, augmentation: { name: 'blur' } }],
  }
  expect(() => stageOf(wrong as never)).toThrow(
    "stage 'sr': expected augmentation.augmentations[0].augmentation, an augmentation by its name, one of 'gaussian-noise',",
  )
})

test('custom augmentations within others train too, and are handed in again', async () => {
  const augmentation = withProbability({ probability: 0.5, augmentation: compose({ augmentations: [smear] }) })
  const stage = stageOf(augmentation)
  expect(stage.description.augmentation).toEqual({ name: 'with-probability', maxLevel: 2, embedsLevel: true })
  const path = join(temporaryFolder(), 'stage.safetensors')
  await trainStage({ ...run, stage, compile: jit, checkpoint: { path } })
  await expect(loadStage(path, { network: tinyNetwork() })).rejects.toThrow("'with-probability': hand it in")
  const loaded = await loadStage(path, { network: tinyNetwork(), augmentation })
  expect(loaded.stage.description).toEqual(stage.description)
})

test('the levels of a custom augmentation are described, and have to be the same in a file', async () => {
  const range = gaussianNoise({ schedule: cosineSchedule(20), minLevel: 2, maxLevel: 4 })
  expect(conditionsOnLevel(range, [low, low, 1])).toBe(true)
  const stage = stageOf(range)
  expect(stage.description.augmentation).toEqual({
    name: 'gaussian-noise',
    minLevel: 2,
    maxLevel: 4,
    embedsLevel: true,
  })
  const path = join(temporaryFolder(), 'stage.safetensors')
  await trainStage({ ...run, stage, compile: jit, checkpoint: { path } })
  const own = (augmentation: ConditioningAugmentation) => loadStage(path, { network: tinyNetwork(), augmentation })
  expect((await own(range)).stage.description).toEqual(stage.description)
  await expect(own({ ...range, minLevel: 3 })).rejects.toThrow("'gaussian-noise' of minLevel 2, got minLevel 3")
  await expect(own({ ...range, minLevel: undefined })).rejects.toThrow('of minLevel 2, got minLevel none')
  await expect(own({ ...range, continuous: true })).rejects.toThrow('of continuous none, got continuous true')
})
