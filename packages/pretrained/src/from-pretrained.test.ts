import '@tensorflow/tfjs-backend-cpu'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type NDArray, ndarray, toNHWC } from '@cascade-diffusion/arrays'
import { baseStage, superResolutionStage, writeStage } from '@cascade-diffusion/cascade'
import { readNpz, toNDArray, writeSafetensors } from '@cascade-diffusion/checkpoints'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference, temporaryFolder } from '@cascade-diffusion/testing'
import { saveCheckpoint } from '@cascade-diffusion/training'
import { encoder, fromDiffusersConfig, toDiffusers, toGuidedClassifier, unet } from '@cascade-diffusion/unet'
import { expect, test } from 'vitest'
import { type FromPretrainedOptions, fromPretrained, type PretrainedUNet } from './from-pretrained.ts'
import { serveFolder } from './test-support.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../unet/src/fixtures/${name}`, import.meta.url))

const load = async (path: string, options: FromPretrainedOptions = {}): Promise<PretrainedUNet> => {
  const loaded = await fromPretrained(path, options)
  if (loaded.kind !== 'unet') throw new Error(`expected a U-Net, got a ${loaded.kind}`)
  return loaded
}

/** Equal to the last bit; quicker than comparing number by number. */
function expectSame(actual: Readonly<Record<string, NDArray>>, wanted: Readonly<Record<string, NDArray>>): void {
  const described = (params: Readonly<Record<string, NDArray>>) =>
    Object.entries(params).map(([name, { shape, data }]) => [name, shape, Buffer.from(data.buffer).toString('base64')])
  expect(described(actual)).toEqual(described(wanted))
}

/** The greatest difference between a loaded network's output and that of PyTorch's. */
async function differenceFromPyTorch(name: string, { network, params }: PretrainedUNet): Promise<number> {
  const arrays = Object.entries(await readNpz(fixture(`${name}/io.npz`)))
  const { x, t, y, low_res, output } = Object.fromEntries(arrays.map(([key, raw]) => [key, toNDArray(raw)]))
  const run = jit(network.apply)
  const lowRes = low_res && toNHWC(low_res)
  const { data } = await run(params, toNHWC(x!), t!, { ...(y && { label: y }), ...(lowRes && { lowRes }) })
  await run.dispose()
  return greatestDifference(data, toNHWC(output!).data)
}

test('guided-diffusion: the architecture follows from the weights, the rest from flags', async () => {
  const path = fixture('guided-adm/model.pt')
  const flags = { imageSize: 16, numHeadChannels: 32, useNewAttentionOrder: true } as const
  const loaded = await load(path, { flags })
  expect(loaded).toMatchObject({
    family: 'guided-diffusion',
    config: { resampling: 'residual', numClasses: 10, attentionResolutions: [8], channelMultipliers: [1, 2] },
    process: {
      schedule: { name: 'linear', steps: 1000 },
      prediction: 'epsilon',
      variance: 'learned-range',
      noiseInput: 'timestep',
    },
    assumed: ['diffusionSteps', 'noiseSchedule', 'rescaleTimesteps', 'predictXstart'],
  })
  expect(await differenceFromPyTorch('guided-adm', loaded)).toBeLessThan(1e-4)
  // The wrong order of attention is another network: the reason why it has to be given.
  const wrong = await load(path, { flags: { ...flags, useNewAttentionOrder: false } })
  expect(await differenceFromPyTorch('guided-adm', wrong)).toBeGreaterThan(1e-3)
})

test('improved-diffusion, a class-conditional network and one of super-resolution', async () => {
  const family = 'improved-diffusion'
  const conditional = await load(fixture('improved-classcond/model.pt'), {
    family,
    flags: { imageSize: 16, numHeads: 2, diffusionSteps: 4000, noiseSchedule: 'cosine' },
  })
  expect(conditional.process).toMatchObject({
    schedule: { name: 'cosine', steps: 4000 },
    noiseInput: 'rescaled-timestep',
  })
  expect(await differenceFromPyTorch('improved-classcond', conditional)).toBeLessThan(1e-4)
  const upsampler = await load(fixture('improved-superres/model.pt'), { family, flags: { imageSize: 16, numHeads: 1 } })
  expect(upsampler.config).toMatchObject({ imageChannels: 3, outChannels: 3, lowRes: { channels: 3 } })
  expect(upsampler.process.variance).toBe('fixed-large')
  expect(await differenceFromPyTorch('improved-superres', upsampler)).toBeLessThan(1e-4)
})

test('flags that are missing are named, all at once, and those of another network', async () => {
  const path = fixture('guided-adm/model.pt')
  await expect(load(path)).rejects.toThrow(
    'model.pt: set the flags imageSize (height and width in pixels), numHeads or numHeadChannels, useNewAttentionOrder (true or false)',
  )
  await expect(load(path, { preset: '64x64_diffusion.pt' })).rejects.toThrow(
    'the flags are of another network: numChannels 192, the weights have 32; numResBlocks 3, the weights have 1; channelMult 1,2,3,4, the weights have 1,2; attentionResolutions 32,16,8, the weights have 32',
  )
  await expect(load(path, { preset: 'my.pt' })).rejects.toThrow('expected a preset of 64x64_diffusion.pt, 128x128')
})

test('a file of several networks needs a prefix, one with a prefix does not', async () => {
  const folder = temporaryFolder()
  const { config, options } = fromDiffusersConfig(diffusersConfig)
  const dict = toDiffusers(unet(config).init(rng(1)), config, options)
  const under = (prefix: string) =>
    Object.fromEntries(Object.entries(dict).map(([key, value]) => [prefix + key, value]))
  await writeFile(join(folder, 'config.json'), JSON.stringify(diffusersConfig))
  await writeSafetensors(join(folder, 'two.safetensors'), { ...under('ema.'), ...under('model.') })
  await writeSafetensors(join(folder, 'one.safetensors'), under('module.'))
  const two = join(folder, 'two.safetensors')
  await expect(load(two)).rejects.toThrow("several networks, under 'ema.', 'model.': choose one with the option prefix")
  await expect(load(two, { prefix: 'x.' })).rejects.toThrow(
    "expected weights under 'x.', they are under 'ema.', 'model.'",
  )
  const chosen = await load(two, { prefix: 'ema.' })
  expectSame(chosen.params, unet(config).init(rng(1)))
  expectSame((await load(join(folder, 'one.safetensors'))).params, chosen.params)
  await writeSafetensors(join(folder, 'other.safetensors'), { a: ndarray(new Float32Array(1), [1]) })
  await expect(load(join(folder, 'other.safetensors'))).rejects.toThrow('expected a network of guided-diffusion')
  await writeSafetensors(join(folder, 'lucid.safetensors'), {
    'model.init_conv.weight': ndarray(new Float32Array(1), [1]),
  })
  await expect(load(join(folder, 'lucid.safetensors'))).rejects.toThrow('a network of denoising-diffusion-pytorch')
})

const diffusersConfig = {
  _class_name: 'UNet2DModel',
  sample_size: 8,
  block_out_channels: [8, 16],
  down_block_types: ['DownBlock2D', 'AttnDownBlock2D'],
  up_block_types: ['AttnUpBlock2D', 'UpBlock2D'],
  layers_per_block: 1,
  norm_num_groups: 4,
  flip_sin_to_cos: false,
  attention_head_dim: null,
}
const scheduler = { _class_name: 'DDPMScheduler', beta_schedule: 'squaredcos_cap_v2', variance_type: 'fixed_large' }

/** A folder as a pipeline of diffusers leaves it, with the weights in shards. */
async function pipelineFolder(ending = 'safetensors') {
  const folder = temporaryFolder()
  const { config, options } = fromDiffusersConfig(diffusersConfig)
  const params = unet(config).init(rng(2))
  const dict = Object.entries(toDiffusers(params, config, options))
  await mkdir(join(folder, 'unet'))
  await mkdir(join(folder, 'scheduler'))
  await writeFile(join(folder, 'unet/config.json'), JSON.stringify(diffusersConfig))
  await writeFile(join(folder, 'scheduler/scheduler_config.json'), JSON.stringify(scheduler))
  const map: Record<string, string> = {}
  for (const [i, part] of [dict.slice(0, 30), dict.slice(30)].entries()) {
    const name = `diffusion_pytorch_model-0000${i + 1}-of-00002.${ending}`
    await writeSafetensors(join(folder, 'unet', name), Object.fromEntries(part))
    for (const [key] of part) map[key] = name
  }
  const index = JSON.stringify({ metadata: {}, weight_map: map })
  await writeFile(join(folder, `unet/diffusion_pytorch_model.${ending}.index.json`), index)
  return { folder, params }
}

test('a pipeline of diffusers in shards: from its folder, and from its address, once, over connections that drop', async () => {
  const { folder, params } = await pipelineFolder()
  const process = { schedule: { name: 'cosine', steps: 1000 }, variance: 'fixed-large', prediction: 'epsilon' }
  const local = await load(folder)
  expect(local).toMatchObject({ family: 'diffusers', process, assumed: ['steps', 'prediction'] })
  expectSame(local.params, params)
  for (const option of [{ flags: { imageSize: 8 } }, { preset: '64x64_diffusion.pt' }, { custom: {} }] as const)
    await expect(load(folder, option)).rejects.toThrow(
      `expected no ${Object.keys(option)[0]} for a network of diffusers`,
    )

  const cache = temporaryFolder()
  const { url, requests, close } = await serveFolder(folder, { dropEvery: 3 })
  const reported: string[] = []
  const progress = (file: string) => void reported.push(file)
  const remote = await load(`${url}/`, { cache, retryDelay: 1, progress })
  expectSame(remote.params, params)
  expect(remote.process).toEqual(local.process)
  expect(reported).toContain('unet/diffusion_pytorch_model-00002-of-00002.safetensors')
  expect(requests.some(({ range }) => range !== undefined)).toBe(true)
  await close()
  expectSame((await load(url, { cache })).params, params)
  await expect(load(`${url}/other`, { cache, attempts: 1 })).rejects.toThrow('cannot be reached')
})

test('shards are recognised by content, and an index cannot lead out of its folder', async () => {
  const { folder, params } = await pipelineFolder('bin')
  const index = join(folder, 'unet/diffusion_pytorch_model.bin.index.json')
  expectSame((await load(folder)).params, params)
  expectSame((await load(index)).params, params)
  const { url, requests } = await serveFolder(folder)
  for (const shard of ['../model_index.json', '/etc/passwd', 'http://127.0.0.1/x']) {
    await writeFile(index, JSON.stringify({ weight_map: { x: shard } }))
    await expect(load(folder)).rejects.toThrow(`expected a plain name of a file beside it, got '${shard}'`)
    await expect(load(url, { cache: temporaryFolder() })).rejects.toThrow('expected a plain name')
  }
  await writeFile(index, JSON.stringify({ weight_map: { x: '%2e%2e' } }))
  await expect(load(url, { cache: temporaryFolder() })).rejects.toThrow('expected the shard %2e%2e beside it')
  expect(requests.at(-1)?.path).toBe('/unet/%252e%252e')
})

test('a checkpoint from its address keeps the flags of its name', async () => {
  const cache = temporaryFolder()
  const folder = temporaryFolder()
  const bytes = await readFile(fixture('guided-adm/model.pt'))
  await writeFile(join(folder, '64x64_diffusion.pt'), bytes)
  const { url } = await serveFolder(folder)
  const flags = {
    imageSize: 16,
    numChannels: 32,
    numResBlocks: 1,
    channelMult: [1, 2],
    numHeadChannels: 32,
    attentionResolutions: [8],
  }
  const loaded = await load(`${url}/64x64_diffusion.pt`, { cache, flags })
  expect(loaded.process).toMatchObject({ schedule: { name: 'cosine', steps: 1000 } })
  expect(loaded.assumed).toEqual([])
  expect(await differenceFromPyTorch('guided-adm', loaded)).toBeLessThan(1e-4)
  await writeFile(join(folder, 'named-by-a-hash'), bytes)
  expect((await load(`${url}/named-by-a-hash`, { cache, flags, preset: '64x64_diffusion.pt' })).assumed).toEqual([])
  await expect(load(`${url}/64x64_diffusion.pt`, { cache, sha256: 'a'.repeat(64) })).rejects.toThrow('expected SHA-256')
})

test('says what it looked for in vain', async () => {
  const folder = temporaryFolder()
  await expect(load(join(folder, 'x.pt'))).rejects.toThrow('x.pt: expected a file or a folder, there is none')
  await expect(load(folder)).rejects.toThrow(
    'expected config.json with diffusion_pytorch_model.safetensors, or one checkpoint; got none',
  )
  await writeSafetensors(join(folder, 'a.safetensors'), { 'conv_in.weight': ndarray(new Float32Array(1), [1]) })
  await expect(load(folder)).rejects.toThrow('expected config.json beside the weights of a network of diffusers')
  const { url } = await serveFolder(folder)
  await expect(load(url, { cache: folder })).rejects.toThrow(
    'expected a file of weights (.pt, .bin, .safetensors), or a folder',
  )
  await expect(load(`${url}/x.pt`, { cache: folder })).rejects.toThrow('/x.pt answered 404')
})

test('the size of images follows from a classifier; it is not one of the published ones', async () => {
  const folder = temporaryFolder()
  const net = encoder({
    resolution: 16,
    imageChannels: 3,
    classes: 5,
    baseChannels: 32,
    channelMultipliers: [1, 2, 2],
    residualBlocks: 1,
    attentionResolutions: [4],
    attentionHeadChannels: 32,
    resampling: 'residual',
    normGroups: 32,
  })
  const params = net.init(rng(3))
  const path = join(folder, '64x64_classifier.pt')
  await writeSafetensors(path, toGuidedClassifier(params, net.config))
  await expect(fromPretrained(path)).rejects.toThrow('of another network: imageSize 64, the weights have 16')
  await rename(path, join(folder, 'c.safetensors'))
  const loaded = await fromPretrained(join(folder, 'c.safetensors'), { flags: { numHeadChannels: 32 } })
  expect(loaded).toMatchObject({ kind: 'classifier', family: 'guided-diffusion' })
  expect(loaded.kind === 'classifier' && loaded.classifier.config).toEqual(net.config)
  expectSame(loaded.params, params)
})

test('our own stages come back whole', async () => {
  const folder = temporaryFolder()
  const process = { schedule: { name: 'cosine', steps: 20 } } as const
  const network = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 }
  const common = { resolution: 4, imageChannels: 1, classNames: ['a', 'b'], process, network }
  const augmentation = { name: 'gaussian-noise', ...process, maxLevel: 5 } as const
  for (const stage of [
    baseStage({ name: 'small', ...common }),
    superResolutionStage({ name: 'large', ...common, lowResolution: 2, augmentation }),
  ]) {
    const params = stage.network.init(rng(4))
    const path = join(folder, `${stage.name}.safetensors`)
    await writeStage(path, stage.description, params)
    const loaded = await fromPretrained(path)
    expect(loaded).toMatchObject({ kind: 'stage', family: 'cascade-diffusion' })
    expectSame(loaded.params, params)
    expect(loaded.kind === 'stage' && loaded.stage.description).toEqual(stage.description)
  }
})

test('a classifier that was trained here', async () => {
  const size = {
    resolution: 4,
    imageChannels: 1,
    classes: 2,
    baseChannels: 8,
    channelMultipliers: [1],
    residualBlocks: 1,
  }
  const net = encoder({ ...size, normGroups: 4 })
  const ema = net.init(rng(5))
  const config = {
    classifier: net.config,
    process: { schedule: { name: 'cosine', steps: 9 } },
    classNames: ['a', 'b'],
    noised: true,
  }
  const path = join(temporaryFolder(), 'classifier.safetensors')
  const rest = { step: 0, seed: 1, settings: {}, losses: new Float32Array() }
  await saveCheckpoint(path, {
    kind: 'classifier',
    config,
    state: { params: ema, averages: { ema }, optimizer: {} },
    ...rest,
  })
  const loaded = await fromPretrained(path)
  expect(loaded).toMatchObject({ kind: 'classifier', family: 'cascade-diffusion', config: { classes: 2 } })
  expectSame(loaded.params, ema)
})
