import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { encoder } from '@cascade-diffusion/unet'
import { expect, test } from 'vitest'
import { loadClassifier } from '../classifier/load-classifier.ts'
import { trainClassifier } from '../classifier/train-classifier.ts'
import { stageSampler } from '../sampling/stage/stage-sampler.ts'
import { halves } from '../test-support.ts'
import { trainStage } from '../training/train-stage.ts'
import { loadStage } from './load-stage.ts'
import { baseStage, superResolutionStage } from './stage.ts'

// The files and numbers of this folder were written by the version before schedules had a name of their own. The losses after a file's
// end are of a later version, since the order of examples has changed.
const fixtures = fileURLToPath(new URL('../fixtures/flat-schedules/', import.meta.url))
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8'))

/** A copy that may be written to. */
function checkpoint(name: string): { path: string } {
  const path = join(temporaryFolder(), name)
  copyFileSync(join(fixtures, name), path)
  return { path }
}

const process = { schedule: { name: 'cosine', steps: 20 }, noiseInput: 'noise-level', prediction: 'v' } as const
const size = { baseChannels: 2, channelMultipliers: [1], residualBlocks: 1, normGroups: 1, middleAttention: false }
const images = { imageChannels: 1, classNames: ['left', 'right'], resolution: 4 }
const run = { dataset: halves(10, 4), steps: 4, batchSize: 4, learningRate: 0.01, seed: 3, compile: eager }

test('an old checkpoint of a stage is loaded, and sampled as before', async () => {
  const trained = await loadStage(join(fixtures, 'sr.safetensors'))
  expect(trained.stage.description).toMatchObject({
    process,
    network: { noiseEmbedding: { name: 'noise-level' } },
    augmentation: { name: 'gaussian-noise', schedule: { name: 'linear', steps: 30 }, maxLevel: 12 },
  })
  const sampler = stageSampler(trained, { sampler: { name: 'ddim', eta: 1 }, steps: 3, compile: eager })
  const lowRes = rng(5).uniform([2, 2, 2, 1])
  const { data } = await sampler.sample({ count: 2, labels: [0, 1], lowRes, level: 5, rng: rng(9) })
  expect([...data]).toEqual(expected.sr.sample)
})

test('the training of an old checkpoint of a stage is resumed after its losses', async () => {
  const stage = superResolutionStage({
    name: 'sr',
    lowResolution: 2,
    process,
    network: size,
    augmentation: { name: 'gaussian-noise', schedule: { name: 'linear', steps: 30 }, maxLevel: 12 },
    ...images,
  })
  const { losses } = await trainStage({ ...run, stage, checkpoint: checkpoint('sr.safetensors') })
  expect([...losses]).toEqual(expected.sr.losses)
})

test('an old stage in continuous time', async () => {
  const schedule = { name: 'continuous-cosine' } as const
  const { stage } = await loadStage(join(fixtures, 'time.safetensors'))
  expect(stage.description.process).toEqual({ schedule, prediction: 'v' })
  const same = baseStage({ name: 'time', process: { schedule, prediction: 'v' }, network: size, ...images })
  expect((await trainStage({ ...run, steps: 2, stage: same, checkpoint: checkpoint('time.safetensors') })).step).toBe(2)
})

test('an old classifier is loaded, and its training resumed', async () => {
  const cosine = { schedule: { name: 'cosine', steps: 20 } } as const
  const loaded = await loadClassifier(join(fixtures, 'classifier.safetensors'))
  expect(loaded.process).toEqual(cosine)
  expect(loaded.classifier.config.noiseEmbedding).toEqual({ name: 'timestep' })
  const classifier = encoder({ ...size, resolution: 4, imageChannels: 1, classes: 2, pool: 'adaptive' })
  const { losses } = await trainClassifier({
    ...run,
    classifier,
    process: cosine,
    checkpoint: checkpoint('classifier.safetensors'),
  })
  expect([...losses]).toEqual(expected.classifier.losses)
})
