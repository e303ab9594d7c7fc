import { expect, test } from 'vitest'
import { readOpenAIFlags } from './read-flags.ts'

test('reads classifiers, and -1 as none', () => {
  expect(
    readOpenAIFlags(
      '--classifier_depth=4 --classifier_width 128 --num_heads_upsample -1 --classifier_scale 1.0',
      'classifier',
    ),
  ).toEqual({
    numResBlocks: 4,
    numChannels: 128,
  })
})

test('reads -1 and an empty list as none, either way to write a value, and the last of two', () => {
  expect(readOpenAIFlags('--channel_mult "" --num_head_channels=-1 --image_size 64 --image_size=32', 'unet')).toEqual({
    imageSize: 32,
  })
})

test('of a command for a network and its classifier each takes its own', () => {
  // As guided-diffusion's README samples ImageNet 64×64.
  const command =
    '--image_size 64 --num_channels 192 --num_res_blocks 3 --attention_resolutions 32,16,8 --use_scale_shift_norm True ' +
    '--classifier_width 128 --classifier_depth 4 --classifier_attention_resolutions 16,8 --classifier_scale 1.0'
  expect(readOpenAIFlags(command, 'unet')).toEqual({
    imageSize: 64,
    numChannels: 192,
    numResBlocks: 3,
    attentionResolutions: [32, 16, 8],
    useScaleShiftNorm: true,
  })
  expect(readOpenAIFlags(command, 'classifier')).toEqual({
    imageSize: 64,
    numChannels: 128,
    numResBlocks: 4,
    attentionResolutions: [16, 8],
  })
})

test('keeps the spacing of sampling, and what makes a network one of super-resolution', () => {
  expect(readOpenAIFlags('--timestep_respacing 10,8,2', 'unet')).toEqual({ timestepRespacing: '10,8,2' })
  expect(readOpenAIFlags('--timestep_respacing ""', 'unet')).toEqual({ timestepRespacing: '' })
  expect(readOpenAIFlags('--large_size 64 --in_channels 2', 'unet')).toEqual({
    imageSize: 64,
    superResolution: true,
    imageChannels: 2,
  })
})

test('the pool is a flag of classifiers only', () => {
  const text = '--image_size 64 --classifier_pool spatial'
  expect(readOpenAIFlags(text, 'classifier')).toEqual({ imageSize: 64, pool: 'spatial' })
  expect(readOpenAIFlags(text, 'unet')).toEqual({ imageSize: 64 })
})

test('reads the words of Python for true and false', () => {
  for (const [word, value] of [
    ['True', true],
    ['yes', true],
    ['1', true],
    ['f', false],
    ['No', false],
    ['0', false],
  ] as const)
    expect(readOpenAIFlags(`--class_cond ${word}`)).toEqual({ classCond: value })
})

test.each([
  ['--image_sise 64', 'unknown flag --image_sise. Did you mean --image_size?'],
  ['--colour True', 'unknown flag --colour. There are num_channels, classifier_width'],
  ['--image_size big', "expected --image_size, an integer from 1, got 'big'"],
  ['--num_heads 1.5', 'expected --num_heads, an integer from 1, got 1.5'],
  ['--num_heads 0', 'expected --num_heads, an integer from 1, got 0'],
  ['--class_cond maybe', "expected --class_cond, true or false, got 'maybe'"],
  ['--attention_resolutions 16,,8', "expected a number in --attention_resolutions, a number, got ''"],
  ['--noise_schedule', 'expected a value of --noise_schedule, got none'],
  ['--image_size --num_channels 64', 'expected a value of --image_size, got none'],
  ['--noise_schedule sqrt', "expected --noise_schedule, one of 'linear', 'cosine'; got 'sqrt'"],
  ['--classifier_pool max', "expected --classifier_pool, one of 'attention', 'adaptive', 'spatial', 'spatial_v2'"],
  ['image_size 64', "expected --flag value, got 'image_size'"],
])('%s is refused', (text, message) => {
  expect(() => readOpenAIFlags(text)).toThrow(`flags: ${message}`)
})

test('an object of flags is checked and given back', () => {
  const flags = { imageSize: 64, channelMult: [0.5, 1], timestepRespacing: 'ddim25' }
  expect(readOpenAIFlags({ ...flags, numHeads: undefined })).toEqual(flags)
})

test.each([
  [{ noiseSchedul: 'cosine' }, "unknown option 'noiseSchedul'. Did you mean 'noiseSchedule'?"],
  [{ image_size: 64 }, "unknown option 'image_size'. Did you mean 'imageSize'?"],
  [{ toString: 1 }, "unknown option 'toString'"],
  [
    { noiseSchedule: 'cosin' },
    "expected noiseSchedule, one of 'linear', 'cosine'; got 'cosin'. Did you mean 'cosine'?",
  ],
  [{ imageSize: '64' }, "expected imageSize, an integer from 1, got '64'"],
  [{ numHeads: 1.5 }, 'expected numHeads, an integer from 1, got 1.5'],
  [{ numHeads: null }, 'expected numHeads, an integer from 1, got null'],
  [{ learnSigma: 'True' }, "expected learnSigma, true or false, got 'True'"],
  [{ channelMult: '1,2' }, "expected channelMult, a list of numbers, got '1,2'"],
  [{ attentionResolutions: [16, 0] }, 'expected positive numbers in attentionResolutions, got 0'],
  [{ attentionResolutions: [16, '8'] }, "expected a number in attentionResolutions, a number, got '8'"],
  [{ dropout: 2 }, 'expected dropout, a number from 0 to 1, got 2'],
  [{ timestepRespacing: 250 }, 'expected timestepRespacing, a string, got 250'],
  [['imageSize'], 'expected flags as a string or an object, got an array of 1'],
])('%j is refused', (flags, message) => {
  expect(() => readOpenAIFlags(flags as never)).toThrow(`flags: ${message}`)
})
