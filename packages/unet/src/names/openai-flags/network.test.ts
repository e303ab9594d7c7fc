import { expect, test } from 'vitest'
import { parameterCount } from '../../unet.ts'
import { guidedDiffusionConfig, improvedDiffusionConfig } from './network.ts'

const common = '--attention_resolutions 32,16,8 --diffusion_steps 1000 --learn_sigma True --use_fp16 True'
const adm = `${common} --num_res_blocks 2 --resblock_updown True --use_scale_shift_norm True`

test.each([
  // MODEL_FLAGS of the README of guided-diffusion; sum(p.numel() for p in model.parameters()) of what they make.
  [
    '64x64_diffusion',
    `${common} --class_cond True --dropout 0.1 --image_size 64 --noise_schedule cosine --num_channels 192 --num_head_channels 64 --num_res_blocks 3 --resblock_updown True --use_new_attention_order True --use_scale_shift_norm True`,
    295_904_454,
  ],
  ['128x128_diffusion', `${adm} --class_cond True --image_size 128 --num_channels 256 --num_heads 4`, 421_529_606],
  [
    '256x256_diffusion',
    `${adm} --class_cond True --image_size 256 --num_channels 256 --num_head_channels 64`,
    553_838_086,
  ],
  ['lsun_bedroom', `${adm} --class_cond False --image_size 256 --num_channels 256 --num_head_channels 64`, 552_814_086],
  [
    '512x512_diffusion',
    `${adm} --class_cond True --image_size 512 --num_channels 256 --num_head_channels 64`,
    558_997_638,
  ],
  [
    '64_256_upsampler',
    `${adm} --class_cond True --large_size 256  --small_size 64 --num_channels 192 --num_heads 4`,
    311_795_910,
  ],
  [
    '128_512_upsampler',
    `${adm} --attention_resolutions 32,16 --class_cond True --large_size 512 --small_size 128 --num_channels 192 --num_head_channels 64`,
    308_835_270,
  ],
])('makes the published %s', (_, flags, count) => {
  expect(parameterCount(guidedDiffusionConfig(flags).config)).toBe(count)
})

test.each([
  // Of the README of improved-diffusion.
  ['--image_size 64 --num_channels 128 --num_res_blocks 3', 121_060_483],
  ['--image_size 32 --num_channels 128 --num_res_blocks 3 --learn_sigma True --dropout 0.3', 52_546_438],
  ['--image_size 64 --num_channels 192 --num_res_blocks 3 --learn_sigma True --class_cond True', 273_049_350],
  [
    '--large_size 256 --small_size 64 --num_channels 192 --num_res_blocks 2 --learn_sigma True --class_cond True',
    279_792_390,
  ],
  [
    '--image_size 256 --num_channels 128 --num_res_blocks 2 --num_heads 1 --learn_sigma True --use_scale_shift_norm False --attention_resolutions 16',
    113_676_678,
  ],
])('makes the network of improved-diffusion with %s', (flags, count) => {
  expect(parameterCount(improvedDiffusionConfig(flags).config)).toBe(count)
})

test('reads every flag of a network', () => {
  const flags =
    '--image_size=32 --num_channels 64 --num_res_blocks 1 --channel_mult "1,2,4" --attention_resolutions 32,8,5,2 ' +
    '--num_heads 2 --num_heads_upsample 8 --dropout 0.25 --class_cond yes --use_scale_shift_norm False --use_checkpoint True ' +
    '--use_new_attention_order True --noise_schedule cosine'
  expect(guidedDiffusionConfig(flags, { numClasses: 7 })).toEqual({
    config: {
      resolution: 32,
      imageChannels: 3,
      outChannels: 3,
      baseChannels: 64,
      channelMultipliers: [1, 2, 4],
      firstChannels: 64,
      residualBlocks: 1,
      attentionResolutions: [32, 8],
      attentionHeads: 2,
      attentionHeadsUp: 8,
      resampling: 'conv',
      numClasses: 7,
      scaleShiftNorm: false,
      normGroups: 32,
      dropout: 0.25,
    },
    attentionOrder: 'new',
  })
  expect(guidedDiffusionConfig({ imageSize: 64, classCond: true, resblockUpdown: true }).config).toMatchObject({
    numClasses: 1000,
    channelMultipliers: [1, 2, 3, 4],
    attentionResolutions: [16, 8],
    attentionHeadsUp: 4,
    resampling: 'residual',
    scaleShiftNorm: true,
    baseChannels: 128,
    residualBlocks: 2,
  })
})

test('a super-resolution network takes low-resolution images, of 64×64 pixels unless a flag says otherwise', () => {
  const { config, attentionOrder, lowResolution } = guidedDiffusionConfig('--large_size 64 --small_size 16')
  expect(config).toMatchObject({ resolution: 64, lowRes: { channels: 3 }, channelMultipliers: [1, 2, 3, 4] })
  expect(attentionOrder).toBe('legacy')
  expect(lowResolution).toBe(16)
  expect(guidedDiffusionConfig({ superResolution: true })).toMatchObject({
    config: { resolution: 256 },
    lowResolution: 64,
  })
})

test.each([
  ['expected --image_size, an integer from 1, got 6.5', '--image_size 6.5'],
  ['expected imageSize, one of 64, 128, 256, 512, or channelMult; got 32', '--image_size 32'],
  ['expected imageSize, one of 64, 256, 512, or channelMult; got 128', '--large_size 128'],
  ["unknown option 'image_size'. Did you mean 'imageSize'?", { image_size: 64 }],
  [
    'expected no useNewAttentionOrder: super-resolution networks of guided-diffusion do not have it',
    '--large_size 64 --use_new_attention_order True',
  ],
  ['expected no pool: U-Nets of guided-diffusion do not have it', { pool: 'spatial' }],
] as [string, never][])('guidedDiffusionConfig: %s', (message, flags) => {
  expect(() => guidedDiffusionConfig(flags)).toThrow(`guidedDiffusionConfig: ${message}`)
})

test('improved-diffusion has other sizes, and any with multipliers', () => {
  expect(() => improvedDiffusionConfig('--image_size 128')).toThrow(
    'improvedDiffusionConfig: expected imageSize, one of 32, 64, 256, or channelMult; got 128',
  )
  expect(improvedDiffusionConfig('--image_size 128 --channel_mult 1,1,2,3,4').config).toMatchObject({
    resolution: 128,
    channelMultipliers: [1, 1, 2, 3, 4],
    attentionResolutions: [16, 8],
  })
  expect(improvedDiffusionConfig('--large_size 128 --channel_mult 1,2').config).toMatchObject({
    resolution: 128,
    channelMultipliers: [1, 2],
    lowRes: { channels: 3 },
  })
  expect(() => improvedDiffusionConfig('--num_head_channels 64')).toThrow(
    'improvedDiffusionConfig: expected no numHeadChannels: U-Nets of improved-diffusion do not have it',
  )
})
