import { expect, test } from 'vitest'
import { parseFlags } from './parse-flags.ts'
import { publishedCheckpoints } from './published.ts'

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
  expect(publishedCheckpoints[name]!.flags).toMatchObject(parseFlags(text))
})

test('reads classifiers, and -1 as none', () => {
  expect(
    parseFlags('--classifier_depth=4 --classifier_width 128 --num_heads_upsample -1 --classifier_scale 1.0'),
  ).toEqual({
    numResBlocks: 4,
    numChannels: 128,
  })
})

test('reads -1 and an empty list as none, either way to write a value, and the last of two', () => {
  expect(parseFlags('--channel_mult "" --num_head_channels=-1 --image_size 64 --image_size=32')).toEqual({
    imageSize: 32,
  })
})

test('refuses what it does not know', () => {
  expect(() => parseFlags('--image_sise 64')).toThrow('flags: --image_sise is none of num_channels')
  expect(() => parseFlags('--image_size big')).toThrow('flags: --image_size: expected a number, got big')
  expect(() => parseFlags('--num_heads 1.5')).toThrow('flags: --num_heads: expected a positive integer, got 1.5')
  expect(() => parseFlags('--noise_schedule')).toThrow('flags: --noise_schedule: expected a value, got none')
  expect(() => parseFlags('--noise_schedule sqrt')).toThrow('expected one of linear, cosine, got sqrt')
  expect(() => parseFlags('image_size 64')).toThrow("flags: expected --flag value, got 'image_size'")
})
