import '@tensorflow/tfjs-backend-cpu'
import { float32 } from '@cascade-diffusion/arrays'
import { describe, expect, test } from 'vitest'
import type { UNetConfig } from '../config/config.ts'
import { replaceFilterGradient } from '../filter-gradient.ts'
import { compilers, expectReference, expectSame, readReference } from '../reference.ts'
import { fromImprovedDiffusion, toImprovedDiffusion } from './improved-diffusion.ts'

replaceFilterGradient()

const names = { from: fromImprovedDiffusion, to: toImprovedDiffusion }

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

const classes = await readReference('improved-classcond')
const upsampling = await readReference('improved-superres')

describe.each(compilers)('%s agrees with PyTorch, gradients included:', (_, compile) => {
  test('UNetModel', () => expectReference(classes, classConditional, names, compile))
  test('SuperResModel', () => expectReference(upsampling, superResolution, names, compile))
})

test('writes what it reads', () => {
  for (const [{ stateDict }, config] of [[classes, classConditional] as const, [upsampling, superResolution] as const])
    expectSame(toImprovedDiffusion(fromImprovedDiffusion(stateDict, config), config), stateDict)
})

const weights = classes.stateDict

test('names what is missing and what is unexpected', () => {
  const { 'out.2.bias': _, ...rest } = weights
  expect(() => fromImprovedDiffusion({ ...rest, 'out.3.bias': float32([0]) }, classConditional)).toThrow(
    'the weights are of another network: missing out.2.bias; unexpected out.3.bias',
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
    'fromImprovedDiffusion: networks of improved-diffusion have augmentationLevels false, got true',
  )
  const other: UNetConfig = {
    ...classConditional,
    attentionHeads: undefined,
    attentionHeadChannels: 32,
    normEpsilon: 1e-6,
  }
  expect(() => toImprovedDiffusion({}, { ...other, resampling: 'residual' })).toThrow(
    'toImprovedDiffusion: networks of improved-diffusion have normEpsilon 0.00001, got 0.000001; ' +
      'attentionHeadChannels none, got 32; resampling "conv", got "residual"',
  )
})
