import { expect, test } from 'vitest'
import type { UNetConfig } from './config.ts'
import { parameterCount, unet } from './unet.ts'

const small: UNetConfig = {
  resolution: 8,
  imageChannels: 1,
  baseChannels: 16,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
}

test('fills in defaults', () => {
  expect(unet({ ...small, outChannels: undefined }).config).toEqual({
    ...small,
    outChannels: 1,
    patchSize: 1,
    attentionResolutions: [],
    attentionHeads: 1,
    augmentationLevels: false,
    scaleShiftNorm: true,
    normGroups: 16,
  })
  expect(unet({ ...small, baseChannels: 48 }).config.normGroups).toBe(16)
})

test('a complete configuration is its own completion, through JSON too', () => {
  const { config } = unet({ ...small, numClasses: 10, lowRes: { channels: 1 }, augmentationLevels: true })
  expect(unet(JSON.parse(JSON.stringify(config))).config).toEqual(config)
})

test.each<[string, Partial<UNetConfig>]>([
  ['unet: imageChannels must be a positive integer, got 0', { imageChannels: 0 }],
  ['unet: numClasses must be a positive integer, got 2.5', { numClasses: 2.5 }],
  ['unet: lowRes.channels must be a positive integer, got -1', { lowRes: { channels: -1 } }],
  ['unet: channelMultipliers: expected at least one', { channelMultipliers: [] }],
  ['unet: channelMultipliers must be a positive integer, got 1.5', { channelMultipliers: [1, 1.5] }],
  ['unet: baseChannels must be even, got 15', { baseChannels: 15 }],
  ['unet: resolution must halve evenly 2 times, got 10×10', { resolution: 10, channelMultipliers: [1, 1, 1] }],
  ['unet: resolution must halve evenly 1 times, got 8×7', { resolution: [8, 7] }],
  ['unet: patchSize must divide the resolution 8×8, got 3', { patchSize: 3 }],
  [
    'unet: resolution must halve evenly 2 times, got 2×2 patches of 4×4',
    { patchSize: 4, channelMultipliers: [1, 1, 1] },
  ],
  ["unet: attentionResolutions must be among the levels' heights 8, 4, got 16", { attentionResolutions: [4, 16] }],
  [
    "unet: attentionHeads must divide the 16 channels of 'down.0.0', got 3",
    { attentionResolutions: [8], attentionHeads: 3 },
  ],
  ["unet: attentionHeads must divide the 32 channels of 'middle.0', got 5", { attentionHeads: 5 }],
  ["unet: normGroups must divide the 16 channels of 'down.0.0', got 32", { normGroups: 32 }],
  ['unet: augmentationLevels needs lowRes', { augmentationLevels: true }],
])('says %s', (message, change) => {
  expect(() => unet({ ...small, ...change })).toThrow(message)
})

test('counts the parameters of the U-Net that the benchmarks run: 7.28 million', () => {
  const config: UNetConfig = {
    resolution: 32,
    imageChannels: 3,
    baseChannels: 64,
    channelMultipliers: [1, 2, 2],
    residualBlocks: 2,
    attentionResolutions: [16, 8],
    attentionHeads: 4,
  }
  expect((parameterCount(config) / 1e6).toFixed(2)).toBe('7.28')
})
