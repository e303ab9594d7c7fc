import { expect, test } from 'vitest'
import { parameterCount, unet } from '../unet.ts'
import type { UNetConfig } from './config.ts'

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
    firstChannels: 16,
    attentionResolutions: [],
    attentionHeads: 1,
    attentionHeadsUp: 1,
    middleAttention: true,
    middleAttentionNorm: true,
    resampling: 'conv',
    downsamplePadding: 'both',
    dropout: 0,
    noiseEmbedding: { name: 'timestep' },
    augmentationLevels: false,
    scaleShiftNorm: true,
    residualScale: 1,
    middleResidualScale: 1,
    normGroups: 16,
    normEpsilon: 1e-5,
  })
  expect(unet({ ...small, baseChannels: 48 }).config.normGroups).toBe(16)
  expect(unet({ ...small, attentionHeads: 2 }).config.attentionHeadsUp).toBe(2)
  expect(unet({ ...small, attentionHeadChannels: 8 }).config).not.toHaveProperty('attentionHeads')
  expect(unet({ ...small, residualScale: Math.SQRT1_2 }).config.middleResidualScale).toBe(Math.SQRT1_2)
})

test('a complete configuration is its own completion, through JSON too', () => {
  for (const heads of [{ attentionHeads: 2, attentionHeadsUp: 4 }, { attentionHeadChannels: 8 }]) {
    const { config } = unet({ ...small, ...heads, numClasses: 10, lowRes: { channels: 1 }, augmentationLevels: true })
    expect(unet(JSON.parse(JSON.stringify(config))).config).toEqual(config)
  }
})

test.each<[string, Partial<UNetConfig>]>([
  ['unet: expected imageChannels, an integer from 1, got 0', { imageChannels: 0 }],
  ['unet: expected numClasses, an integer from 1, got 2.5', { numClasses: 2.5 }],
  ['unet: expected lowRes.channels, an integer from 1, got -1', { lowRes: { channels: -1 } }],
  ['unet: expected channelMultipliers, a list of at least 1 entry, got an array of 0', { channelMultipliers: [] }],
  [
    'unet: expected channelMultipliers times baseChannels to be positive integers, got 1.4 · 16',
    { channelMultipliers: [1, 1.4] },
  ],
  ['unet: expected channelMultipliers[0], a number above 0, got 0', { channelMultipliers: [0] }],
  ['unet: expected firstChannels, an integer from 1, got 0', { firstChannels: 0 }],
  ["unet: expected normGroups to divide the 24 channels of 'down.0.0', got 16", { firstChannels: 24 }],
  ['unet: expected residualScale, a number above 0, got -1', { residualScale: -1 }],
  ['unet: expected normEpsilon, a number above 0, got 0', { normEpsilon: 0 }],
  [
    'unet: expected attentionHeadChannels or numbers of heads, got attentionHeadChannels and attentionHeads',
    { attentionHeads: 2, attentionHeadChannels: 8 },
  ],
  [
    'unet: expected attentionHeadChannels or numbers of heads, got attentionHeadChannels and attentionHeadsUp',
    { attentionHeadsUp: 2, attentionHeadChannels: 8 },
  ],
  [
    "unet: expected attentionHeadChannels to divide the 32 channels of 'middle.0', got 12",
    { attentionHeadChannels: 12 },
  ],
  [
    "unet: expected attentionHeadsUp to divide the 16 channels of 'up.0.0', got 3",
    { attentionResolutions: [8], attentionHeadsUp: 3 },
  ],
  ["unet: expected resampling, one of 'conv', 'pool', 'residual'; got 'fir'", { resampling: 'fir' as 'pool' }],
  ['unet: expected resampling.up of length 1, got 2', { resampling: { down: ['pool'], up: ['conv', 'pool'] } }],
  ['unet: expected resampling.down[0], one of', { resampling: { down: ['fir' as 'pool'], up: ['conv'] } }],
  ["unet: expected downsamplePadding, one of 'both', 'after'; got 0", { downsamplePadding: 0 as unknown as 'both' }],
  [
    'unet: expected noiseEmbedding, a noise embedding by its name, one of',
    { noiseEmbedding: { name: 'fourier' as 'timestep' } },
  ],
  [
    'unet: expected noiseEmbedding.frequencyShift, one of 0, 1; got 2',
    { noiseEmbedding: { name: 'timestep', frequencyShift: 2 as 1 } },
  ],
  [
    'unet: a frequencyShift of 1 needs at least 4 baseChannels, got 2',
    { baseChannels: 2, noiseEmbedding: { name: 'timestep', frequencyShift: 1 } },
  ],
  ['unet: expected lowRes.resize, one of', { lowRes: { channels: 1, resize: 'area' as 'bicubic' } }],
  ['unet: expected baseChannels, an even integer from 2, got 15', { baseChannels: 15 }],
  [
    'unet: expected a resolution of multiples of 4, for levels that halve evenly twice, got a height of 10 and a width of 10 in 10×10',
    { resolution: 10, channelMultipliers: [1, 1, 1] },
  ],
  ['multiples of 2, for levels that halve evenly once, got a width of 7 in 8×7', { resolution: [8, 7] }],
  [
    'multiples of 8, for levels that halve evenly 3 times, got a height of 12 in 12×16',
    { resolution: [12, 16], channelMultipliers: [1, 1, 1, 1] },
  ],
  [
    'unet: expected a resolution of multiples of 3, for patches of 3×3, got a width of 8 in 9×8',
    { patchSize: 3, resolution: [9, 8] },
  ],
  [
    'multiples of 16, for levels that halve evenly twice of patches of 4×4, got a height of 8 in 8×16',
    { patchSize: 4, channelMultipliers: [1, 1, 1], resolution: [8, 16] },
  ],
  [
    "unet: expected attentionResolutions to be among the levels' heights 8, 4, got 16",
    { attentionResolutions: [4, 16] },
  ],
  [
    "unet: expected attentionHeads to divide the 16 channels of 'down.0.0', got 3",
    { attentionResolutions: [8], attentionHeads: 3 },
  ],
  ["unet: expected attentionHeads to divide the 32 channels of 'middle.0', got 5", { attentionHeads: 5 }],
  ["unet: expected normGroups to divide the 16 channels of 'down.0.0', got 32", { normGroups: 32 }],
  ['unet: augmentationLevels needs lowRes', { augmentationLevels: true }],
])('says %s', (message, change) => {
  expect(() => unet({ ...small, ...change })).toThrow(message)
})

test('takes fractional multipliers whose channels are whole', () => {
  const { parameterShapes } = unet({ ...small, channelMultipliers: [0.5, 1.5], normGroups: 8, firstChannels: 8 })
  expect(parameterShapes['input.kernel']).toEqual([3, 3, 1, 8])
  expect(parameterShapes['down.1.0.conv1.kernel']).toEqual([3, 3, 8, 24])
  expect(parameterShapes['output.conv.kernel']).toEqual([3, 3, 8, 1])
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
