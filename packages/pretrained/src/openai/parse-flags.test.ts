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

test('refuses what it does not know', () => {
  expect(() => parseFlags('--image_sise 64')).toThrow('--image_sise is none of num_channels')
  expect(() => parseFlags('--image_size big')).toThrow("--image_size: got 'big'")
  expect(() => parseFlags('--noise_schedule')).toThrow("--noise_schedule: got 'undefined'")
  expect(() => parseFlags('image_size 64')).toThrow("expected --name value, got 'image_size'")
})
