import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { toDiffusers, toDiffusersConfig, unet } from '@cascade-diffusion/unet'
import { expect, test } from 'vitest'
import { type FromPretrainedOptions, fromPretrained } from '../from-pretrained.ts'
import { serveFolder } from '../test-support.ts'

const config = {
  resolution: 4,
  imageChannels: 1,
  baseChannels: 4,
  channelMultipliers: [1],
  residualBlocks: 1,
  normGroups: 2,
}
const stem = 'diffusion_pytorch_model'
/** What `EMAModel.save_pretrained` adds. */
const ofAverage = {
  decay: 0.9999,
  inv_gamma: 1,
  min_decay: 0,
  optimization_step: 1,
  power: 2 / 3,
  update_after_step: 0,
  use_ema_warmup: false,
}

/**
 * Saves a network in a folder as diffusers does: `weights` are names of files, each with different weights (1, 2, … in order), an
 * index with two shards.
 */
async function save(folder: string, weights: readonly string[], settings: object = {}, from = 1): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...toDiffusersConfig(config), ...settings }))
  for (const [i, name] of weights.entries()) {
    const dict = Object.entries(toDiffusers(unet(config).init(rng(from + i)), config))
    if (!name.endsWith('.json')) {
      await writeSafetensors(join(folder, name), Object.fromEntries(dict))
      continue
    }
    const map: Record<string, string> = {}
    for (const [j, part] of [dict.slice(0, 5), dict.slice(5)].entries()) {
      const shard = `${stem}.fp16-0000${j + 1}-of-00002.${name.includes('.bin') ? 'bin' : 'safetensors'}`
      await writeSafetensors(join(folder, shard), Object.fromEntries(part))
      for (const [key] of part) map[key] = shard
    }
    await writeFile(join(folder, name), JSON.stringify({ metadata: {}, weight_map: map }))
  }
}

/** Which file was taken, and the seed of its weights. */
async function taken(pathOrUrl: string, options?: FromPretrainedOptions) {
  const found = await fromPretrained(pathOrUrl, options)
  if (found.kind !== 'unet') throw new Error(`expected a U-Net, got a ${found.kind}`)
  const bytes = (params: typeof found.params) => Buffer.from(params['input.kernel']!.data.buffer).toString('base64')
  const seed = [1, 2, 3, 4].find((seed) => bytes(unet(config).init(rng(seed))) === bytes(found.params))
  return { file: found.file, seed }
}

// As diffusers 0.42.1 writes them, the index also as older releases and other tools do.
test.each([
  `${stem}.fp16.safetensors`,
  `${stem}.fp16.bin`,
  `${stem}.safetensors.index.fp16.json`,
  `${stem}.bin.index.fp16.json`,
  `${stem}.safetensors.fp16.index.json`,
  `${stem}.fp16.safetensors.index.json`,
])(
  'the only variant is found, in a pipeline and in the folder of the network, here and at an address: %s',
  async (name) => {
    const folder = temporaryFolder()
    await save(join(folder, 'unet'), [name])
    const { url } = await serveFolder(folder)
    const cache = temporaryFolder()
    for (const base of [folder, url]) {
      expect(await taken(base, { cache })).toEqual({ file: `unet/${name}`, seed: 1 })
      expect(await taken(`${base}/unet`, { cache, variant: 'fp16' })).toEqual({ file: name, seed: 1 })
      expect(await taken(`${base}/unet/${name}`, { cache })).toEqual({ file: name, seed: 1 })
    }
  },
)

test('weights without a variant are preferred, others are had by name', async () => {
  const folder = temporaryFolder()
  await save(folder, [`${stem}.bin`, `${stem}.fp16.safetensors`, `${stem}.non_ema.safetensors`])
  const { url } = await serveFolder(folder)
  const cache = temporaryFolder()
  for (const base of [folder, url]) {
    expect(await taken(base, { cache })).toEqual({ file: `${stem}.bin`, seed: 1 })
    expect(await taken(base, { cache, variant: 'fp16' })).toEqual({ file: `${stem}.fp16.safetensors`, seed: 2 })
    expect(await taken(base, { cache, variant: 'non_ema' })).toEqual({ file: `${stem}.non_ema.safetensors`, seed: 3 })
  }
  await expect(taken(folder, { variant: 'bf16' })).rejects.toThrow(
    `expected weights ${stem}.bf16.safetensors or its shards; got ${stem}.bin, ${stem}.fp16.safetensors, ${stem}.non_ema.safetensors`,
  )
  await expect(taken(url, { cache, variant: 'bf16' })).rejects.toThrow('or its shards, there is none')
  await expect(taken(folder, { variant: '../x' })).rejects.toThrow("expected variant, a name such as fp16, got '../x'")
  await expect(taken(join(folder, `${stem}.bin`), { variant: 'fp16' })).rejects.toThrow(
    'expected a folder for the option variant, got a file',
  )
})

test('of several variants one must be chosen', async () => {
  const folder = temporaryFolder()
  await save(join(folder, 'unet'), [`${stem}.safetensors.index.fp16.json`, `${stem}.bf16.bin`])
  await expect(taken(folder)).rejects.toThrow(
    "unet: there are several variants: choose one with the option variant: 'bf16', 'fp16'",
  )
  expect(await taken(folder, { variant: 'bf16' })).toEqual({ file: `unet/${stem}.bf16.bin`, seed: 2 })
})

test('of a training checkpoint the average is taken, unless it is refused', async () => {
  const folder = join(temporaryFolder(), 'checkpoint-500')
  const name = `${stem}.safetensors`
  await save(join(folder, 'unet'), [name])
  await expect(taken(folder, { average: true })).rejects.toThrow(
    `checkpoint-500: expected averaged weights, unet_ema/config.json with ${name}; got none`,
  )
  expect(await taken(folder)).toEqual({ file: `unet/${name}`, seed: 1 })
  await save(join(folder, 'unet_ema'), [name], ofAverage, 2)
  const { url } = await serveFolder(dirname(folder))
  const cache = temporaryFolder()
  for (const base of [folder, `${url}/checkpoint-500`]) {
    expect(await taken(base, { cache })).toEqual({ file: `unet_ema/${name}`, seed: 2 })
    expect(await taken(base, { cache, average: true })).toEqual({ file: `unet_ema/${name}`, seed: 2 })
    expect(await taken(base, { cache, average: false })).toEqual({ file: `unet/${name}`, seed: 1 })
    expect(await taken(`${base}/unet_ema`, { cache })).toEqual({ file: name, seed: 2 })
  }
})

test('a scheduler of another process is refused, unless the process is given', async () => {
  const folder = temporaryFolder()
  await save(folder, [`${stem}.safetensors`])
  const scheduler = join(folder, 'scheduler_config.json')
  await writeFile(scheduler, JSON.stringify({ _class_name: 'EDMEulerScheduler', sigma_max: 80 }))
  await expect(fromPretrained(folder)).rejects.toThrow(
    'got EDMEulerScheduler: its process adds noise of growing σ to data that keep their size (variance exploding) (scheduler_config.json; the option process',
  )
  const process = { schedule: { name: 'cosine', steps: 100 }, prediction: 'v' } as const
  expect(await fromPretrained(folder, { process })).toMatchObject({ process, assumed: [] })
  await rm(scheduler)
  expect(await fromPretrained(folder)).toMatchObject({
    process: { schedule: { name: 'linear', steps: 1000 }, prediction: 'epsilon', variance: 'fixed-small' },
    assumed: ['schedule', 'steps', 'prediction', 'variance'],
  })
})
