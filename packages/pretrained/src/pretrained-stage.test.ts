import '@tensorflow/tfjs-backend-cpu'
import { join } from 'node:path'
import { float32, type NDArray, type Params } from '@cascade-diffusion/arrays'
import {
  baseStage,
  type Cascade,
  cascadeSampler,
  readCascade,
  saveCascade,
  superResolutionStage,
  writeStage,
} from '@cascade-diffusion/cascade'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { toGuidedDiffusion, type UNetConfig, unet } from '@cascade-diffusion/unet'
import { expect, test } from 'vitest'
import { fromPretrained, type PretrainedUNet } from './from-pretrained.ts'
import { pretrainedStage } from './pretrained-stage.ts'

const common: UNetConfig = {
  resolution: 8,
  imageChannels: 3,
  outChannels: 6,
  numClasses: 3,
  baseChannels: 32,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
}

/** Weights that are nowhere zero. */
const drawn = (shapes: Readonly<Record<string, readonly number[]>>): Params<NDArray<'float32'>> =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const { data } = rng(1).fold(name).normal(shape)
      return [
        name,
        float32(
          data.map((v) => 0.1 * v),
          shape,
        ),
      ]
    }),
  )

/** A checkpoint of guided-diffusion, read as a published one. */
async function published(config: UNetConfig, flags: string): Promise<PretrainedUNet> {
  const path = join(temporaryFolder(), 'model.safetensors')
  const net = unet(config)
  await writeSafetensors(path, toGuidedDiffusion(drawn(net.parameterShapes), net.config))
  const found = await fromPretrained(path, { flags: `--num_heads 1 --diffusion_steps 100 --learn_sigma True ${flags}` })
  if (found.kind !== 'unet') throw new Error(`expected a U-Net, got a ${found.kind}`)
  return found
}

const base = await published(common, '--image_size 8 --noise_schedule cosine')
const upsampler = await published(
  { ...common, resolution: 16, lowRes: { channels: 3 } },
  '--large_size 16 --small_size 8 --noise_schedule linear',
)
const sampling = { sampler: { name: 'ddim' }, steps: 2 } as const

test('published networks are stages, alone and above others; a saved cascade needs nothing handed in', async () => {
  const stages = [
    { ...pretrainedStage(base, { name: 'base' }), sampling },
    { ...pretrainedStage(upsampler, { name: 'upsampler' }), sampling },
  ]
  expect(stages.map(({ stage }) => [stage.kind, stage.size, stage.classNames])).toEqual([
    ['base', [8, 8], ['0', '1', '2']],
    ['super-resolution', [16, 16], ['0', '1', '2']],
  ])
  const samples = async (cascade: Cascade) => {
    const sampler = cascadeSampler(cascade, { compile: eager })
    return sampler.sample({ count: 1, labels: ['2'], rng: rng(7) })
  }
  const images = await samples({ stages })
  expect(images.map(({ shape }) => shape)).toEqual([
    [1, 8, 8, 3],
    [1, 16, 16, 3],
  ])
  expect(images.every(({ data }) => data.some((x) => Math.abs(x) < 1))).toBe(true)
  const folder = join(temporaryFolder(), 'cascade')
  await saveCascade(folder, { stages })
  expect(await samples(await readCascade(folder))).toEqual(images)

  // As made by hand, with the network as a custom one.
  const described = { imageChannels: 3, classNames: ['0', '1', '2'] }
  const byHand = [
    baseStage({ name: 'base', resolution: 8, ...described, process: base.process, network: base.network }),
    superResolutionStage({
      name: 'upsampler',
      resolution: 16,
      lowResolution: 8,
      ...described,
      process: upsampler.process,
      network: upsampler.network,
      augmentation: { name: 'none' },
    }),
  ]
  const params = [base.params, upsampler.params] as const
  expect(await samples({ stages: byHand.map((stage, i) => ({ stage, params: params[i]!, sampling })) })).toEqual(images)
})

test('options that do not fit the network are refused', () => {
  const refused = (found: PretrainedUNet, options: object, message: string) =>
    expect(() => pretrainedStage(found, { name: 'x', ...options })).toThrow(message)
  refused(base, { classNames: ['a', 'b'] }, "stage 'x': expected classNames, the 3 classes of model.safetensors, got 2")
  refused(base, { lowResolution: 4 }, "stage 'x': expected no lowResolution, since model.safetensors takes no")
  refused(upsampler, { lowResolution: 4 }, "stage 'x': expected lowResolution 8, as model.safetensors has it, got 4")
  refused({ ...upsampler, lowResolution: undefined }, {}, "stage 'x': expected lowResolution, the size of the images")
  refused({ ...base, config: { ...base.config, numClasses: undefined } }, { classNames: ['a'] }, 'is unconditional')
  refused(base, { name: 'a b' }, 'letters, digits, - and _')
  refused(base, { classes: ['a'] }, "pretrainedStage: unknown option 'classes'. Did you mean 'classNames'?")
  refused(
    { kind: 'classifier' } as never,
    {},
    "a U-Net or a stage of fromPretrained, got 'classifier', which is no stage",
  )
  refused(undefined as never, {}, 'pretrainedStage: expected a U-Net or a stage of fromPretrained, got undefined')
})

test('a stage of ours is a stage already; options that it does not have are refused', async () => {
  const process = { schedule: { name: 'cosine', steps: 20 } } as const
  const network = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 }
  const augmentation = { name: 'gaussian-blur' } as const
  const common = { imageChannels: 1, process, network }
  const made = superResolutionStage({ name: 'sr', resolution: 8, lowResolution: 4, augmentation, ...common })
  const path = join(temporaryFolder(), 'sr.safetensors')
  await writeStage(path, made.description, made.network.init(rng(1)))
  const found = await fromPretrained(path)
  const options = { name: 'sr', lowResolution: 4, augmentation } as const
  const { stage, params } = pretrainedStage(found, options)
  expect(stage.description).toEqual(made.description)
  expect(params).toEqual(made.network.init(rng(1)))
  const refused = (changes: object, message: string) =>
    expect(() => pretrainedStage(found, { ...options, ...changes })).toThrow(message)
  refused({ name: 'x' }, "stage 'sr': expected name 'sr', as the stage found has it, got 'x'")
  refused({ classNames: ['a'] }, `stage 'sr': expected no classNames, as the stage found has it, got ["a"]`)
  refused({ lowResolution: 2 }, "stage 'sr': expected lowResolution [4,4], as the stage found has it, got [2,2]")
  refused({ augmentation: { name: 'none' } }, 'expected augmentation {"name":"gaussian-blur"}, as')
})
