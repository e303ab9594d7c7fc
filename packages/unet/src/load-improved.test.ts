import '@tensorflow/tfjs-backend-cpu'
import { type Compile, float32, type NDArray } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { beforeAll, describe, expect, test } from 'vitest'
import type { UNetConfig } from './config.ts'
import { replaceFilterGradient } from './filter-gradient.ts'
import type { Params } from './layers.ts'
import { fromImprovedDiffusion } from './load-improved.ts'
import { expectReference, referenceWeights } from './reference.ts'

replaceFilterGradient()

const classConditional: UNetConfig = {
  resolution: 16,
  imageChannels: 3,
  outChannels: 6,
  baseChannels: 32,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
  attentionResolutions: [8],
  attentionHeads: 2,
  numClasses: 10,
}

const superResolution: UNetConfig = {
  resolution: 16,
  imageChannels: 3,
  baseChannels: 32,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
  attentionResolutions: [8],
  scaleShiftNorm: false,
  lowRes: { channels: 3 },
}

describe.each([
  ['eager', eager],
  ['jit', jit],
] as [string, Compile][])('%s agrees with PyTorch, gradients included:', (_, compile) => {
  test('UNetModel', () => expectReference('improved-classcond', classConditional, compile))
  test('SuperResModel', () => expectReference('improved-superres', superResolution, compile))
})

let weights: Params<NDArray>
beforeAll(async () => {
  weights = await referenceWeights('improved-classcond')
})

test('names what is missing and what is unexpected', () => {
  const { 'out.2.bias': _, ...rest } = weights
  expect(() => fromImprovedDiffusion({ ...rest, 'out.3.bias': float32([0]) }, classConditional)).toThrow(
    "the weights are another network's: missing out.2.bias; unexpected out.3.bias",
  )
  expect(() => fromImprovedDiffusion(weights, { ...classConditional, numClasses: undefined })).toThrow(
    'missing none; unexpected label_emb.weight',
  )
})

test('refuses other shapes and what that family has not', () => {
  expect(() => fromImprovedDiffusion(weights, { ...classConditional, numClasses: 11 })).toThrow(
    "expected 'label_emb.weight' as float32 [11,128], got float32 [10,128]",
  )
  expect(() => fromImprovedDiffusion(weights, { ...superResolution, augmentationLevels: true })).toThrow(
    'expected no augmentationLevels',
  )
})
