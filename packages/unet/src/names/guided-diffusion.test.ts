import '@tensorflow/tfjs-backend-cpu'
import { zeros } from '@cascade-diffusion/arrays'
import { describe, expect, test } from 'vitest'
import type { UNetConfig } from '../config/config.ts'
import { replaceFilterGradient } from '../filter-gradient.ts'
import { compilers, expectReference, expectSame, readReference } from '../reference.ts'
import { fromGuidedDiffusion, type GuidedDiffusionOptions, toGuidedDiffusion } from './guided-diffusion.ts'

replaceFilterGradient()

const adm: UNetConfig = {
  resolution: 16,
  imageChannels: 3,
  outChannels: 6,
  baseChannels: 32,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
  attentionResolutions: [8],
  attentionHeadChannels: 32,
  resampling: 'residual',
  numClasses: 10,
}
const cases: [name: string, config: UNetConfig, options?: GuidedDiffusionOptions][] = [
  ['guided-adm', adm, { attentionOrder: 'new' }],
  [
    'guided-three-levels',
    {
      resolution: 8,
      imageChannels: 3,
      outChannels: 6,
      baseChannels: 32,
      channelMultipliers: [1, 1, 2],
      residualBlocks: 1,
      attentionResolutions: [8, 2],
      attentionHeads: 2,
      attentionHeadsUp: 4,
    },
  ],
  [
    'guided-pooled',
    {
      resolution: 8,
      imageChannels: 3,
      baseChannels: 32,
      channelMultipliers: [1, 2],
      residualBlocks: 1,
      attentionResolutions: [4],
      attentionHeads: 4,
      resampling: 'pool',
      scaleShiftNorm: false,
      numClasses: 3,
    },
  ],
  [
    'guided-superres',
    {
      resolution: 8,
      imageChannels: 3,
      outChannels: 6,
      baseChannels: 64,
      channelMultipliers: [0.5, 1],
      firstChannels: 32,
      residualBlocks: 1,
      attentionResolutions: [4],
      attentionHeadChannels: 16,
      resampling: 'residual',
      numClasses: 4,
      lowRes: { channels: 3 },
    },
    { attentionOrder: 'new' },
  ],
]
const references = await Promise.all(cases.map(([name]) => readReference(name)))

describe.each(compilers)('%s agrees with PyTorch, gradients included:', (_, compile) => {
  test.each(cases.map((given, i) => [...given.slice(0, 1), i] as [string, number]))('%s', (_, i) => {
    const [, config, options] = cases[i]!
    const names = {
      from: (stateDict: never) => fromGuidedDiffusion(stateDict, config, options),
      to: (params: never) => toGuidedDiffusion(params, config, options),
    }
    return expectReference(references[i]!, config, names as never, compile)
  })
})

test('writes what it reads', () => {
  for (const [i, [, config, options]] of cases.entries()) {
    const { stateDict } = references[i]!
    const params = fromGuidedDiffusion(stateDict, config, options)
    expectSame(toGuidedDiffusion(params, config, options), stateDict)
  }
})

test('the orders of attention differ', () => {
  const { stateDict } = references[0]!
  const [legacy, other] = [fromGuidedDiffusion(stateDict, adm), fromGuidedDiffusion(stateDict, adm, cases[0]![2])]
  const differing = Object.keys(other).filter((name) => `${other[name]!.data}` !== `${legacy[name]!.data}`)
  expect([...new Set(differing.map((name) => name.replace(/^.*\.attention/, 'attention')))]).toEqual([
    'attention.qkv.kernel',
    'attention.qkv.bias',
  ])
})

test('lists what does not fit, and not all of it', () => {
  const { stateDict } = references[0]!
  expect(() => fromGuidedDiffusion(stateDict, { ...adm, residualBlocks: 2 })).toThrow(
    /missing (input_blocks\S+ ){8}and 66 more; unexpected (input_blocks\S+ ){8}and 10 more$/,
  )
  const params = fromGuidedDiffusion(stateDict, adm)
  const { 'input.kernel': kernel, ...rest } = params
  expect(() => toGuidedDiffusion(rest, adm)).toThrow('toGuidedDiffusion: the weights are of another network')
  expect(() => toGuidedDiffusion({ ...rest, 'input.kernel': zeros([3, 3, 3, 64]) }, adm)).toThrow(
    "expected 'input.kernel' as float32 [3,3,3,32], got float32 [3,3,3,64]",
  )
  expect(kernel!.shape).toEqual([3, 3, 3, 32])
})

test('refuses what that family has not', () => {
  const config: UNetConfig = {
    ...adm,
    middleAttention: false,
    downsamplePadding: 'after',
    noiseEmbedding: { name: 'noise-level' },
    lowRes: { channels: 3, resize: 'bicubic' },
  }
  expect(() => fromGuidedDiffusion({}, config)).toThrow(
    'fromGuidedDiffusion: networks of guided-diffusion have middleAttention true, got false; ' +
      'downsamplePadding "both", got "after"; noiseEmbedding {"name":"timestep"}, got {"name":"noise-level"}; ' +
      'lowRes {"channels":3,"resize":"bilinear"}, got {"channels":3,"resize":"bicubic"}',
  )
  expect(() => toGuidedDiffusion({}, { ...adm, resampling: { down: ['conv'], up: ['residual'] } })).toThrow(
    'toGuidedDiffusion: networks of guided-diffusion have one kind of resampling for all levels',
  )
})
