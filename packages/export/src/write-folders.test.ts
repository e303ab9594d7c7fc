import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NDArray } from '@cascade-diffusion/arrays'
import { baseStage, superResolutionStage } from '@cascade-diffusion/cascade'
import { readSafetensors } from '@cascade-diffusion/checkpoints'
import { fromPretrained } from '@cascade-diffusion/pretrained'
import { temporaryFolder } from '@cascade-diffusion/testing'
import type { UNetConfig } from '@cascade-diffusion/unet'
import { expect, test } from 'vitest'
import { base, drawn, superResolving } from './test-support.ts'
import { writeDiffusers } from './write-diffusers.ts'
import { writeOnnx } from './write-onnx.ts'
import { writeSafetensorsFolder } from './write-safetensors.ts'

const described = (params: Readonly<Record<string, NDArray>>) =>
  Object.entries(params).map(([name, { shape, data }]) => [name, shape, Buffer.from(data.buffer).toString('base64')])

test('stages as safetensors are read without options', async () => {
  const folder = temporaryFolder()
  const stages = [drawn(base), drawn(superResolving)]
  const paths = await writeSafetensorsFolder(stages, folder)
  expect((await readdir(folder)).sort()).toEqual(['large.safetensors', 'small.safetensors'])
  for (const [i, path] of paths.entries()) {
    const { stage, params } = stages[i]!
    const loaded = await fromPretrained(path)
    expect(loaded.kind === 'stage' && loaded.stage.description).toEqual(stage.description)
    expect(described(loaded.params)).toEqual(described(params))
  }
})

test('a stage as a folder of diffusers, and back, also as files of a U-Net', async () => {
  const folder = temporaryFolder()
  const stage = baseStage({
    name: 'small',
    resolution: 4,
    imageChannels: 3,
    process: { schedule: { name: 'linear', steps: 100 } },
    network: {
      baseChannels: 8,
      channelMultipliers: [1, 2],
      residualBlocks: 1,
      normGroups: 4,
      attentionResolutions: [2],
    },
  })
  const trained = drawn(stage)
  expect(await writeDiffusers(trained, folder)).toEqual({})
  const file = join(folder, 'diffusion_pytorch_model.safetensors')
  expect((await readSafetensors(file)).metadata).toEqual({ format: 'pt' })
  const scheduler = JSON.parse(await readFile(join(folder, 'scheduler_config.json'), 'utf8'))
  expect(scheduler).toMatchObject({
    num_train_timesteps: 100,
    beta_start: 0.001,
    beta_end: 0.2,
    variance_type: 'fixed_large',
  })
  // As google/ddpm-cifar10-32 has it, without the version; diffusers 0.42 loads such a folder as a DDPMPipeline.
  expect(JSON.parse(await readFile(join(folder, 'model_index.json'), 'utf8'))).toEqual({
    _class_name: 'DDPMPipeline',
    scheduler: ['diffusers', 'DDPMScheduler'],
    unet: ['diffusers', 'UNet2DModel'],
  })

  const loaded = await fromPretrained(folder)
  if (loaded.kind !== 'unet') throw new Error('expected a U-Net')
  expect(described(loaded.params)).toEqual(described(trained.params))
  const { noiseEmbedding: _, ...config } = stage.network.config as UNetConfig
  expect(loaded.network.config).toMatchObject(config)
  expect(loaded.process).toMatchObject({ schedule: { name: 'linear', steps: 100 }, variance: 'fixed-large' })

  const [path] = await writeSafetensorsFolder(loaded, temporaryFolder(), 'mine')
  const again = await fromPretrained(path!)
  expect(again).toMatchObject({ kind: 'unet', family: 'cascade-diffusion', process: loaded.process })
  expect(described(again.params)).toEqual(described(trained.params))
  const { stages } = await writeOnnx(loaded, temporaryFolder(), { name: 'mine' })
  expect(stages).toMatchObject([{ name: 'mine', network: 'mine.onnx', image: [4, 4, 3], classNames: null }])
})

test('what diffusers lacks is named', async () => {
  const folder = temporaryFolder()
  await expect(writeDiffusers(drawn(superResolving), folder)).rejects.toThrow('augmentationLevels')
  const skipping = baseStage({
    name: 'small',
    resolution: 4,
    imageChannels: 1,
    process: { schedule: { name: 'cosine', steps: 10 } },
    network: { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4, noiseSkip: true },
  })
  await expect(writeDiffusers(drawn(skipping), folder)).rejects.toThrow('expected a U-Net without noiseSkip')
  await expect(writeDiffusers([drawn(skipping)] as never, folder)).rejects.toThrow(
    'writeDiffusers: expected a trained stage or a U-Net, as fromPretrained gives them, got an array of 1',
  )
  expect(await readdir(folder)).toEqual([])
  const onLevel = baseStage({
    name: 'small',
    resolution: 4,
    imageChannels: 1,
    process: { schedule: { name: 'cosine', steps: 10 }, noiseInput: 'rescaled-timestep' },
    network: { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 },
  })
  expect(await writeDiffusers(drawn(onLevel), folder)).toEqual({
    noScheduler: expect.stringContaining('conditioned on the rescaled-timestep of 10'),
    noPipeline: expect.stringContaining('conditioned on the rescaled-timestep of 10'),
  })
  expect((await readdir(folder)).sort()).toEqual(['config.json', 'diffusion_pytorch_model.safetensors'])
})

test('what no pipeline of diffusers runs has no model_index.json', async () => {
  const process = { schedule: { name: 'cosine', steps: 10 } } as const
  const network = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 }
  const common = { imageChannels: 1, process, network }
  const classes = baseStage({ name: 'small', resolution: 4, classNames: ['left', 'right'], ...common })
  const large = superResolutionStage({
    name: 'large',
    resolution: 8,
    lowResolution: 4,
    augmentation: { name: 'none' },
    ...common,
  })
  for (const [stage, given] of [
    [classes, 'a class'],
    [large, 'a small image'],
  ] as const) {
    const folder = temporaryFolder()
    expect(await writeDiffusers(drawn(stage), folder)).toEqual({
      noPipeline: `DDPMPipeline has no network that is given ${given}`,
    })
    const files = ['config.json', 'diffusion_pytorch_model.safetensors', 'scheduler_config.json']
    expect((await readdir(folder)).sort()).toEqual(files)
  }
})
