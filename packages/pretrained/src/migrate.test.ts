import { fileURLToPath } from 'node:url'
import { rng } from '@cascade-diffusion/random'
import { unet } from '@cascade-diffusion/unet'
import { expect, test } from 'vitest'
import { fromPretrained } from './from-pretrained.ts'

// Written by the version before schedules had a name of their own.
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/flat-schedules/${name}`, import.meta.url))

test('an old exported stage is read', async () => {
  const { kind, stage } = (await fromPretrained(fixture('stage.safetensors'))) as {
    kind: string
    stage: { description: unknown }
  }
  expect(kind).toBe('stage')
  expect(stage.description).toMatchObject({
    process: { schedule: { name: 'cosine', steps: 20 }, noiseInput: 'noise-level', prediction: 'v' },
    network: { noiseEmbedding: { name: 'noise-level' } },
    augmentation: { name: 'gaussian-noise', schedule: { name: 'linear', steps: 30 }, maxLevel: 12 },
  })
})

test('an old exported U-Net is read, with its weights', async () => {
  const loaded = await fromPretrained(fixture('unet.safetensors'))
  if (loaded.kind !== 'unet') throw new Error(`expected a U-Net, got a ${loaded.kind}`)
  expect(loaded.process).toEqual({ schedule: { name: 'linear', steps: 30, betaEnd: 0.5 }, variance: 'fixed-small' })
  const network = unet({
    resolution: 4,
    imageChannels: 1,
    baseChannels: 4,
    channelMultipliers: [1],
    residualBlocks: 1,
    normGroups: 1,
    middleAttention: false,
    noiseEmbedding: { name: 'timestep', frequencyShift: 1 },
  })
  expect(loaded.network.config).toEqual(network.config)
  expect(loaded.params).toEqual(network.init(rng(1)))
})
