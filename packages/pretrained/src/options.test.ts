import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { baseStage, writeStage } from '@cascade-diffusion/cascade'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { encoder, toGuidedClassifier, toGuidedDiffusion, type UNetConfig, unet } from '@cascade-diffusion/unet'
import { beforeAll, expect, test } from 'vitest'
import { type FromPretrainedOptions, fromPretrained } from './from-pretrained.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../unet/src/fixtures/${name}`, import.meta.url))
const adm = fixture('guided-adm/model.pt')
const common = { imageSize: 16, numHeads: 1 } as const
const refused = (path: string, options: unknown) =>
  expect(fromPretrained(path, options as FromPretrainedOptions)).rejects

/** A network of guided-diffusion for images of n channels. */
async function imagesOf(imageChannels: number, more: Partial<UNetConfig> = {}): Promise<string> {
  const config = {
    resolution: 16,
    imageChannels,
    baseChannels: 32,
    channelMultipliers: [1, 2],
    residualBlocks: 1,
    ...more,
  }
  const path = join(temporaryFolder(), 'model.safetensors')
  await writeSafetensors(path, toGuidedDiffusion(unet(config).init(rng(0)), config))
  return path
}

test('images of two, six or eight channels are what flags say they are', async () => {
  for (const imageChannels of [2, 6, 8]) {
    const path = await imagesOf(imageChannels)
    await refused(path, { flags: common }).toThrow(`images of ${imageChannels} channels, or super-resolution of`)
    for (const flag of [{ learnSigma: false }, { superResolution: false }, { imageChannels }]) {
      const found = await fromPretrained(path, { flags: { ...common, ...flag } })
      expect(found).toMatchObject({ config: { imageChannels }, process: { variance: 'fixed-large' } })
      expect(found.kind === 'unet' && found.config.lowRes).toBeUndefined()
    }
  }
  const upsampler = await imagesOf(1, { lowRes: { channels: 1 }, outChannels: 2 })
  const found = await fromPretrained(upsampler, { flags: { ...common, smallSize: 8 } })
  expect(found).toMatchObject({
    config: { imageChannels: 1, lowRes: { channels: 1 } },
    lowResolution: 8,
    process: { variance: 'learned-range' },
  })
  const learned = await fromPretrained(await imagesOf(2, { outChannels: 4 }), { flags: common })
  expect(learned).toMatchObject({ config: { imageChannels: 2 }, process: { variance: 'learned-range' } })
})

test('assumed flags are reported', async () => {
  const four = await imagesOf(4)
  const process = {
    diffusionSteps: 1000,
    noiseSchedule: 'linear',
    rescaleTimesteps: false,
    predictXstart: false,
  } as const
  expect(await fromPretrained(four, { flags: { ...common, ...process } })).toMatchObject({
    config: { imageChannels: 4 },
    assumed: ['superResolution', 'sigmaSmall'],
  })
  const flags = { ...common, ...process, sigmaSmall: true, superResolution: false }
  expect(await fromPretrained(four, { flags })).toMatchObject({ assumed: [], process: { variance: 'fixed-small' } })
})

test("OpenAI's timestep_respacing comes back as a spacing", async () => {
  const common = '--image_size 16 --num_head_channels 32 --use_new_attention_order True'
  for (const [text, spacing] of [
    ['ddim20', { ddim: 20 }],
    ['10,8,2', [10, 8, 2]],
    ['250', 250],
  ] as const)
    expect(await fromPretrained(adm, { flags: `${common} --timestep_respacing ${text}` })).toMatchObject({
      sampling: { spacing },
    })
  for (const flags of [common, `${common} --timestep_respacing ""`])
    expect((await fromPretrained(adm, { flags })) as object).toMatchObject({ sampling: {} })
})

test('options and flags that there are none of, and values that they cannot have', async () => {
  await refused(adm, { flag: common }).toThrow("fromPretrained: unknown option 'flag'. Did you mean 'flags'?")
  await refused(adm, { cahce: '/tmp' }).toThrow("Did you mean 'cache'?")
  await refused(adm, { family: 'guided' }).toThrow("expected family, one of 'improved-diffusion', 'guided-diffusion'")
  await refused(adm, { flags: { ...common, noiseSchedul: 'cosine' } }).toThrow("Did you mean 'noiseSchedule'?")
  await refused(adm, { flags: { ...common, noiseSchedule: 'cosin' } }).toThrow("Did you mean 'cosine'?")
  await refused(adm, { preset: '64x64_difusion.pt' }).toThrow("Did you mean '64x64_diffusion.pt'?")
  await refused(adm, { preset: '64x64_classifier.pt' }).toThrow(
    "expected a preset of a unet, got '64x64_classifier.pt'",
  )
  await refused(adm, { sha256: 'a' }).toThrow('expected no sha256 for')
  await refused(undefined as never, {}).toThrow('expected a path or an address, got undefined')
  const improved = { family: 'improved-diffusion', flags: { ...common, useNewAttentionOrder: true } }
  await refused(adm, improved).toThrow(
    'expected no useNewAttentionOrder: networks of improved-diffusion do not have it',
  )
})

let classifier: string
let ours: string
beforeAll(async () => {
  const net = encoder({
    resolution: 8,
    imageChannels: 3,
    classes: 4,
    baseChannels: 32,
    channelMultipliers: [1, 1],
    residualBlocks: 1,
    attentionHeadChannels: 32,
    normGroups: 32,
  })
  const folder = await mkdtemp(join(tmpdir(), 'options-'))
  classifier = join(folder, 'classifier.safetensors')
  await writeSafetensors(classifier, toGuidedClassifier(net.init(rng(3)), net.config))
  ours = join(folder, 'ours.safetensors')
  const stage = baseStage({
    name: 'ours',
    resolution: 4,
    imageChannels: 1,
    process: { schedule: { name: 'cosine', steps: 20 } },
    network: { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 },
  })
  await writeStage(ours, stage.description, stage.network.init(rng(4)))
  return () => rm(folder, { recursive: true })
})

test('options without effect on what the file holds are refused by name', async () => {
  await refused(adm, { imageSize: 16 }).toThrow('expected no imageSize for a network of OpenAI')
  await refused(adm, { custom: {} }).toThrow('expected no custom for a network of OpenAI')
  for (const option of [{ flags: common }, { preset: '64x64_diffusion.pt' }, { prefix: '' }, { imageSize: 4 }])
    await refused(ours, option).toThrow(`expected no ${Object.keys(option)[0]} for a file of ours`)
  const heads = { numHeadChannels: 32 }
  for (const flag of [{ diffusionSteps: 1000 }, { learnSigma: true }, { timestepRespacing: '10' }])
    await refused(classifier, { flags: { ...heads, ...flag } }).toThrow(
      `expected no ${Object.keys(flag)[0]}, which has no effect on a classifier`,
    )
  await refused(classifier, { family: 'improved-diffusion', flags: heads }).toThrow(
    'expected no family for a classifier',
  )
  await refused(classifier, { flags: { ...heads, imageChannels: 1 } }).toThrow('imageChannels 1, the weights have 3')
  expect(await fromPretrained(classifier, { flags: heads })).toMatchObject({ assumed: ['useNewAttentionOrder'] })
})
