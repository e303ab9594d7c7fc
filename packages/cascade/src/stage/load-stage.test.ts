import { join } from 'node:path'
import { float32, int32 } from '@cascade-diffusion/arrays'
import { gaussianNoise } from '@cascade-diffusion/conditioning-augmentation'
import { ancestral } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { cosineSchedule } from '@cascade-diffusion/schedules'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { saveCheckpoint } from '@cascade-diffusion/training'
import { expect, test } from 'vitest'
import { loadClassifier } from '../classifier/load-classifier.ts'
import { stageSampler } from '../sampling/stage/stage-sampler.ts'
import { halves, smear, T, tinyBase, tinyNetwork, tinySuperResolution } from '../test-support.ts'
import { trainStage } from '../training/train-stage.ts'
import { describedStage, type LoadStageOptions, type TrainedStage } from './described-stage.ts'
import { loadStage } from './load-stage.ts'
import type { Stage } from './stage.ts'

const network = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 }

/** Trains two steps; the moving average, and where the checkpoint is. */
async function trained(stage: Stage) {
  const path = join(temporaryFolder(), 'stage.safetensors')
  const { ema } = await trainStage({
    stage,
    dataset: halves(8, 4),
    steps: 2,
    batchSize: 4,
    learningRate: 0.01,
    averages: { ema: { decay: 0.5 } },
    seed: 1,
    compile: jit,
    checkpoint: { path },
  })
  return { path, ema }
}

async function sample(stage: TrainedStage): Promise<Float32Array> {
  const sampler = stageSampler(stage, { sampler: ancestral(), compile: jit })
  const { stage: made } = stage
  const condition =
    made.kind === 'super-resolution'
      ? { lowRes: rng(2).uniform([2, 2, 2, 1]), level: Math.min(2, made.augmentation.maxLevel) }
      : {}
  const { data } = await sampler.sample({ count: 2, labels: int32([1, 0]), rng: rng(1), ...condition })
  await sampler.dispose()
  return data
}

test.each([
  ['a base U-Net', tinyBase(network), {}],
  ['a super-resolution U-Net', tinySuperResolution({ network }), {}],
  ['a U-Net without augmentation', tinySuperResolution({ network, augmentation: { name: 'none' } }), {}],
  ['a custom network', tinySuperResolution(), { network: tinyNetwork() }],
  ['a custom augmentation', tinySuperResolution({ network, augmentation: smear }), { augmentation: smear }],
] as [string, Stage, LoadStageOptions][])('%s comes back as it was, to the last bit', async (_, stage, own) => {
  const { path, ema } = await trained(stage)
  const loaded = await loadStage(path, own)
  expect(loaded.params).toEqual(ema)
  expect(loaded.stage.description).toEqual(stage.description)
  expect(loaded.stage.process).toEqual(stage.process)
  expect(await sample(loaded)).toEqual(await sample({ stage, params: ema }))
})

test('custom code has to be handed in, and to be what the stage was trained with', async () => {
  const { path } = await trained(tinySuperResolution({ augmentation: smear }))
  const own = { network: tinyNetwork(), augmentation: smear }
  await expect(loadStage(path, { augmentation: smear })).rejects.toThrow("hand it in as 'network'")
  await expect(loadStage(path, { network: tinyNetwork() })).rejects.toThrow(
    `loadStage: ${path} was trained with the augmentation 'smear': hand it in as 'augmentation'`,
  )
  await expect(loadStage(path, { ...own, network: { ...tinyNetwork(), config: { name: 'other' } } })).rejects.toThrow(
    'was trained with the network {"name":"tiny"}, got {"name":"other"}',
  )
  await expect(loadStage(path, { ...own, augmentation: { ...smear, maxLevel: 3 } })).rejects.toThrow(
    "the augmentation 'smear' of maxLevel 2, got maxLevel 3",
  )
})

test('an augmentation that the checkpoint describes is not replaced', async () => {
  const { path } = await trained(tinySuperResolution())
  await expect(loadStage(path, { network: tinyNetwork(), augmentation: smear })).rejects.toThrow(
    'the augmentation gaussian-noise, which it describes in full',
  )
})

test('Gaussian noise made by hand is a custom one: its schedule is not in the checkpoint', async () => {
  const augmentation = gaussianNoise({ schedule: cosineSchedule(T), maxLevel: 4 })
  const { path } = await trained(tinySuperResolution({ augmentation }))
  await expect(loadStage(path, { network: tinyNetwork() })).rejects.toThrow("'gaussian-noise': hand it in")
  const { stage } = await loadStage(path, { network: tinyNetwork(), augmentation })
  expect(stage).toMatchObject({ augmentation: { name: 'gaussian-noise', maxLevel: 4 } })
})

test('a checkpoint of something else is refused', async () => {
  const path = join(temporaryFolder(), 'line.safetensors')
  const part = { weight: float32(1) }
  const state = { params: part, averages: { ema: part }, optimizer: {} }
  const rest = { step: 0, seed: 1, settings: {}, losses: new Float32Array() }
  await saveCheckpoint(path, { kind: 'classifier', config: { classes: 3 }, state, ...rest })
  await expect(loadStage(path)).rejects.toThrow(`loadStage: expected a cascade stage in ${path}, got 'classifier'`)
  await expect(loadClassifier(path)).rejects.toThrow(
    `loadClassifier: expected a classifier that trainClassifier made in ${path}, got an object with classes`,
  )
  // As evaluators of experiments called themselves.
  const width = { classifier: { width: 8 }, batchSize: 4 }
  await saveCheckpoint(path, { kind: 'classifier', config: width, state, ...rest })
  await expect(loadClassifier(path)).rejects.toThrow('got an object with classifier, batchSize')
  await expect(loadStage(path, { netwrok: tinyNetwork() } as never)).rejects.toThrow("Did you mean 'network'?")
  await expect(loadStage(`${path}.missing`)).rejects.toThrow('cannot be used')
})

test.each([
  [null, 'got null'],
  [{ augmentation: undefined, lowResolution: undefined }, '2 errors:\n- expected lowResolution, an integer from 1'],
  [{ kind: 'base' }, "unknown option 'lowResolution'"],
  [{ lowResolution: 4 }, 'expected a resolution that is larger than lowResolution 4×4, got 4×4'],
  [{ network: { ...network, baseChannels: 3 } }, 'expected network.baseChannels, an even integer from 2, got 3'],
  [{ name: Object.create(null) }, 'expected name, letters, digits, - and _'],
])('a description with %j is an error of the checkpoint', (part, message) => {
  const described = part && { ...tinySuperResolution({ network }).description, ...part }
  const load = () => describedStage(described as never, 'a file')
  expect(load).toThrow(message)
  expect(load).toThrow(expect.objectContaining({ code: 'checkpoint', message: expect.stringContaining('a file') }))
})
