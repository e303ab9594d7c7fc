import {
  guidedDiffusionConfig,
  improvedDiffusionConfig,
  parameterCount,
  readOpenAIFlags,
} from '@cascade-diffusion/unet'
import { expect, test } from 'vitest'
import { publishedAs, publishedCheckpoints } from './published.ts'

const scripts = { 'guided-diffusion': guidedDiffusionConfig, 'improved-diffusion': improvedDiffusionConfig }

// The tables of hyperparameters of "Diffusion models beat GANs", the text of "Improved DDPM", and the names of files.
test.each([
  ['64x64_diffusion.pt', 296e6],
  ['128x128_diffusion.pt', 422e6],
  ['256x256_diffusion.pt', 554e6],
  ['512x512_diffusion.pt', 559e6],
  ['64_256_upsampler.pt', 312e6],
  ['128_512_upsampler.pt', 309e6],
  ['lsun_bedroom.pt', 552e6],
  ['imagenet64_cond_270M_250K.pt', 270e6],
  ['imagenet64_uncond_100M_1500K.pt', 121e6],
  ['cifar10_uncond_50M_500K.pt', 53e6],
  ['upsample_cond_500K.pt', 280e6],
  ['lsun_uncond_100M_1200K_bs128.pt', 114e6],
])('%s has the parameters that its paper or name says', (name, count) => {
  const { family, flags } = publishedCheckpoints[name]!
  // Without multipliers the scripts choose them by the size of the images.
  const { config, attentionOrder } = scripts[family]({ ...flags, channelMult: undefined })
  expect(parameterCount(config) / count).toBeCloseTo(1, 1)
  expect(config.channelMultipliers).toEqual(flags.channelMult)
  expect(attentionOrder === 'new').toBe(flags.useNewAttentionOrder)
})

test('a published file is known by the end of its path or address', () => {
  const { url, family } = publishedCheckpoints['64x64_diffusion.pt']!
  expect(url).toBe('https://openaipublic.blob.core.windows.net/diffusion/jul-2021/64x64_diffusion.pt')
  for (const path of [
    url,
    `${url}?x=1`,
    '64x64_diffusion.pt',
    '/models/64x64_diffusion.pt',
    'C:\\m\\64x64_diffusion.pt',
  ])
    expect(publishedAs(path)?.family).toBe(family)
  for (const path of ['/64x64_diffusion.pt/model.pt', 'my_64x64_diffusion.pt', 'toString'])
    expect(publishedAs(path)).toBe(undefined)
  expect(publishedAs('x/cifar10_uncond_50M_500K.pt')).toMatchObject({
    family: 'improved-diffusion',
    url: expect.stringMatching('/march-2021/cifar10_uncond_50M_500K.pt'),
  })
})

test('each file has the flags that do not follow from its weights', () => {
  expect(Object.keys(publishedCheckpoints)).toHaveLength(23)
  for (const { flags, kind } of Object.values(publishedCheckpoints)) {
    expect(flags.imageSize).toBeGreaterThanOrEqual(32)
    expect([flags.numHeads, flags.numHeadChannels].filter((value) => value !== undefined)).toHaveLength(1)
    expect(flags.useNewAttentionOrder).toBeTypeOf('boolean')
    if (kind === 'unet')
      expect([flags.diffusionSteps, flags.noiseSchedule, flags.rescaleTimesteps]).not.toContain(undefined)
  }
})

// The flags that the README of guided-diffusion gives for 64x64_diffusion.pt and 64_256_upsampler.pt.
test.each([
  [
    '64x64_diffusion.pt',
    '--attention_resolutions 32,16,8 --class_cond True --diffusion_steps 1000 --dropout 0.1 --image_size 64 --learn_sigma True --noise_schedule cosine --num_channels 192 --num_head_channels 64 --num_res_blocks 3 --resblock_updown True --use_new_attention_order True --use_fp16 True --use_scale_shift_norm True',
  ],
  [
    '64_256_upsampler.pt',
    '--attention_resolutions 32,16,8 --class_cond True --diffusion_steps 1000 --large_size 256 --small_size 64 --learn_sigma True --noise_schedule linear --num_channels 192 --num_heads 4 --num_res_blocks 2 --resblock_updown True --use_fp16 True --use_scale_shift_norm True',
  ],
])('the published flags of %s are those of its preset', (name, text) => {
  expect(publishedCheckpoints[name]!.flags).toMatchObject(readOpenAIFlags(text))
})

test('the flags of published checkpoints are valid', () => {
  for (const { flags, kind } of Object.values(publishedCheckpoints)) expect(readOpenAIFlags(flags, kind)).toEqual(flags)
})
