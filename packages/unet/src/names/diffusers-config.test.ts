import { expect, test } from 'vitest'
import type { UNetConfig } from '../config/config.ts'
import { unet } from '../unet.ts'
import { fromDiffusersConfig } from './from-diffusers-config.ts'
import { toDiffusersConfig } from './to-diffusers-config.ts'

/** The config.json of google/ddpm-cifar10-32. */
const cifar10 = {
  _class_name: 'UNet2DModel',
  _diffusers_version: '0.0.4',
  act_fn: 'silu',
  attention_head_dim: null,
  block_out_channels: [128, 256, 256, 256],
  center_input_sample: false,
  downsample_padding: 0,
  down_block_types: ['DownBlock2D', 'AttnDownBlock2D', 'DownBlock2D', 'DownBlock2D'],
  flip_sin_to_cos: false,
  freq_shift: 1,
  in_channels: 3,
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  norm_eps: 1e-6,
  norm_num_groups: 32,
  out_channels: 3,
  sample_size: 32,
  time_embedding_type: 'positional',
  up_block_types: ['UpBlock2D', 'UpBlock2D', 'AttnUpBlock2D', 'UpBlock2D'],
}
const small = {
  sample_size: 8,
  in_channels: 1,
  out_channels: 1,
  block_out_channels: [16, 32],
  norm_num_groups: 8,
  down_block_types: ['DownBlock2D', 'AttnDownBlock2D'],
  up_block_types: ['AttnUpBlock2D', 'UpBlock2D'],
}

test("reads DDPM's network for CIFAR-10", () => {
  expect(fromDiffusersConfig(cifar10)).toEqual({
    config: unet({
      resolution: 32,
      imageChannels: 3,
      baseChannels: 128,
      channelMultipliers: [1, 2, 2, 2],
      residualBlocks: 2,
      attentionResolutions: [16],
      downsamplePadding: 'after',
      normGroups: 32,
      normEpsilon: 1e-6,
      noiseEmbedding: { name: 'timestep', frequencyShift: 1 },
      scaleShiftNorm: false,
    }).config,
    options: { flipSinToCos: false },
  })
})

test('writes what it reads', () => {
  const others = [
    small,
    {
      ...small,
      down_block_types: ['DownBlock2D', 'DownBlock2D'],
      up_block_types: ['ResnetUpsampleBlock2D', 'UpBlock2D'],
    },
    { ...small, upsample_type: 'resnet', resnet_time_scale_shift: 'scale_shift' },
    { ...small, attn_norm_num_groups: 8, resnet_time_scale_shift: 'scale_shift', num_class_embeds: 4, dropout: 0.1 },
    { ...small, mid_block_scale_factor: 2, add_attention: false, sample_size: [8, 16], attention_head_dim: null },
  ]
  for (const json of [cifar10, ...others]) {
    const { config, options } = fromDiffusersConfig(json)
    const written = JSON.parse(JSON.stringify(toDiffusersConfig(config, options)))
    const { _diffusers_version, ...given } = { _diffusers_version: '', ...json }
    expect(written).toMatchObject({ _class_name: 'UNet2DModel', ...given })
    expect(fromDiffusersConfig(written)).toEqual({ config, options })
  }
})

test("takes diffusers' defaults, and a resolution where there is none", () => {
  const { config } = fromDiffusersConfig({}, 64)
  expect(config).toMatchObject({
    resolution: 64,
    baseChannels: 224,
    channelMultipliers: [1, 2, 3, 4],
    attentionResolutions: [32, 16, 8],
    attentionHeadChannels: 8,
    downsamplePadding: 'both',
    noiseEmbedding: { name: 'timestep', frequencyShift: 0 },
  })
  expect(() => fromDiffusersConfig({})).toThrow(
    'fromDiffusersConfig: sample_size: expected a number, a pair of them, or a resolution besides, got null',
  )
})

test("sets aside the seven settings that an average of weights leaves beside the network's", () => {
  const average = {
    decay: 0.9999,
    inv_gamma: 1,
    min_decay: 0,
    optimization_step: 3,
    power: 2 / 3,
    update_after_step: 0,
    use_ema_warmup: false,
  }
  expect(fromDiffusersConfig({ ...cifar10, ...average })).toEqual(fromDiffusersConfig(cifar10))
  expect(() => fromDiffusersConfig({ ...cifar10, ...average, shadow_params: [] })).toThrow(
    'a UNet2DModel has no shadow_params',
  )
})

test.each<[string, object]>([
  ['center_input_sample: expected false, got true', { center_input_sample: true }],
  ['time_embedding_type: expected "positional", got "fourier"', { time_embedding_type: 'fourier' }],
  ['time_embedding_dim: expected 64, 4 times the first of block_out_channels, got 32', { time_embedding_dim: 32 }],
  ['freq_shift: expected 0 or 1, got 2', { freq_shift: 2 }],
  ['mid_block_type: expected "UNetMidBlock2D", got null', { mid_block_type: null }],
  ['downsample_padding: expected 0 or 1, got 2', { downsample_padding: 2 }],
  ['downsample_type: expected "conv" or "resnet", got "fir"', { downsample_type: 'fir' }],
  ['act_fn: expected "silu" or "swish", got "gelu"', { act_fn: 'gelu' }],
  ['class_embed_type: expected null, got "timestep"', { class_embed_type: 'timestep' }],
  ['resnet_time_scale_shift: expected "default" or "scale_shift"', { resnet_time_scale_shift: 'spatial' }],
  ['attn_norm_num_groups: expected null or norm_num_groups, 8, got 4', { attn_norm_num_groups: 4 }],
  ['block_out_channels: expected a list of numbers, got 16', { block_out_channels: 16 }],
  ['block_out_channels: expected a list of numbers, got [16,"32"]', { block_out_channels: [16, '32'] }],
  ['up_block_types: expected a list of strings, got []', { up_block_types: [] }],
  ['sample_size: expected a number, a pair of them, or a resolution besides, got {}', { sample_size: {} }],
  ['expected residualBlocks, an integer from 1 to 1000, got 1000000000', { layers_per_block: 1e9 }],
  ['of one length, got 3, 2 and 2', { block_out_channels: [16, 16, 16] }],
  [
    'down_block_types: expected blocks among DownBlock2D, AttnDownBlock2D, ResnetDownsampleBlock2D, got ["KDownBlock2D","AttnDownBlock2D"]',
    { down_block_types: ['KDownBlock2D', 'AttnDownBlock2D'] },
  ],
  ['levels 1 and 0, 1', { up_block_types: ['AttnUpBlock2D', 'AttnUpBlock2D'] }],
  ['a UNet2DModel has no cross_attention_dim', { cross_attention_dim: 768 }],
  ["expected _class_name 'UNet2DModel', got 'UNet2DConditionModel'", { _class_name: 'UNet2DConditionModel' }],
  ["unet: expected attentionHeadChannels to divide the 32 channels of 'down.1.0', got 5", { attention_head_dim: 5 }],
])('says %s', (message, change) => {
  expect(() => fromDiffusersConfig({ ...small, ...change })).toThrow(message)
})

test('expects an object', () => {
  for (const json of [null, 'UNet2DModel', [small]])
    expect(() => fromDiffusersConfig(json)).toThrow('expected the settings of a UNet2DModel as an object')
})

const ours: UNetConfig = {
  resolution: 8,
  imageChannels: 1,
  baseChannels: 16,
  channelMultipliers: [1, 2, 2],
  residualBlocks: 1,
  attentionResolutions: [4, 2],
  attentionHeadChannels: 8,
}

test('finds the width of heads where all are as wide', () => {
  const heads = (change: Partial<UNetConfig>) =>
    toDiffusersConfig({ ...ours, attentionHeadChannels: undefined, ...change }).attention_head_dim
  expect(heads({})).toBe(null)
  expect(heads({ attentionHeads: 4 })).toBe(8)
  expect(() => heads({ attentionHeads: 4, attentionHeadsUp: 2 })).toThrow(
    'expected attentionHeadChannels, got numbers of heads that make their channels 8, 16',
  )
})

test('counts a low-resolution image among the channels of the input', () => {
  expect(toDiffusersConfig({ ...ours, lowRes: { channels: 3 } }).in_channels).toBe(4)
})

test.each<[string, Partial<UNetConfig>]>([
  ["expected no 'pool'", { resampling: 'pool' }],
  [
    'expected one kind of resampling.up for all levels with attention, got two',
    { resampling: { down: ['conv', 'conv'], up: ['conv', 'residual'] } },
  ],
  [
    'noiseEmbedding {"frequencyShift":0,"name":"timestep"}, got {"name":"noise-level"}',
    { noiseEmbedding: { name: 'noise-level' } },
  ],
  ['middleAttentionNorm true, got false', { scaleShiftNorm: false, middleAttentionNorm: false }],
])('says toDiffusersConfig: %s', (message, change) => {
  expect(() => toDiffusersConfig({ ...ours, ...change })).toThrow(message)
})
