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
  expect(publishedCheckpoints[name]!.flags).toMatchObject(parseFlags(text, 'unet'))
})

test('reads classifiers, and -1 as none', () => {
  expect(
    parseFlags(
      '--classifier_depth=4 --classifier_width 128 --num_heads_upsample -1 --classifier_scale 1.0',
      'classifier',
    ),
  ).toEqual({
    numResBlocks: 4,
    numChannels: 128,
  })
})

test('reads -1 and an empty list as none, either way to write a value, and the last of two', () => {
  expect(parseFlags('--channel_mult "" --num_head_channels=-1 --image_size 64 --image_size=32', 'unet')).toEqual({
    imageSize: 32,
  })
})

test('of a command for a network and its classifier each takes its own', () => {
  // As guided-diffusion's README samples ImageNet 64×64.
  const command =
    '--image_size 64 --num_channels 192 --num_res_blocks 3 --attention_resolutions 32,16,8 --use_scale_shift_norm True ' +
    '--classifier_width 128 --classifier_depth 4 --classifier_attention_resolutions 16,8 --classifier_scale 1.0'
  expect(parseFlags(command, 'unet')).toEqual({
    imageSize: 64,
    numChannels: 192,
    numResBlocks: 3,
    attentionResolutions: [32, 16, 8],
    useScaleShiftNorm: true,
  })
  expect(parseFlags(command, 'classifier')).toEqual({
    imageSize: 64,
    numChannels: 128,
    numResBlocks: 4,
    attentionResolutions: [16, 8],
  })
})

test('keeps the spacing of sampling, and what makes a network one of super-resolution', () => {
  expect(parseFlags('--timestep_respacing 10,8,2', 'unet')).toEqual({ timestepRespacing: '10,8,2' })
  expect(parseFlags('--timestep_respacing ""', 'unet')).toEqual({ timestepRespacing: '' })
  expect(parseFlags('--large_size 64 --in_channels 2', 'unet')).toEqual({
    imageSize: 64,
    superResolution: true,
    imageChannels: 2,
  })
})

test('refuses what it does not know', () => {
  expect(() => parseFlags('--image_sise 64', 'unet')).toThrow(
    'flags: --image_sise is unknown. Did you mean --image_size?',
  )
  expect(() => parseFlags('--colour True', 'unet')).toThrow('flags: --colour is none of num_channels')
  expect(() => parseFlags('--image_size big', 'unet')).toThrow('flags: --image_size: expected a number, got big')
  expect(() => parseFlags('--num_heads 1.5', 'unet')).toThrow(
    'flags: --num_heads: expected a positive integer, got 1.5',
  )
  expect(() => parseFlags('--noise_schedule', 'unet')).toThrow('flags: --noise_schedule: expected a value, got none')
  expect(() => parseFlags('--noise_schedule sqrt', 'unet')).toThrow('expected one of linear, cosine, got sqrt')
  expect(() => parseFlags('image_size 64', 'unet')).toThrow("flags: expected --flag value, got 'image_size'")
})
