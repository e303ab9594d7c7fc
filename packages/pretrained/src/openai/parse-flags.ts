import { CascadeError, nearest } from '@cascade-diffusion/checks'
import { FlagReader } from '@cascade-diffusion/unet'
import type { OpenAIFlags } from './flags.ts'

/** Reads a flag that is there; undefined stands for none, as -1 and an empty list do in a shell. */
type Reader = (read: FlagReader, flag: string) => unknown

const number: Reader = (read, flag) => read.number(flag, 0)
const count: Reader = (read, flag) => {
  const value = read.count(flag, -1)
  return value === -1 ? undefined : value
}
const numbers: Reader = (read, flag) => read.numbers(flag, '')
const boolean: Reader = (read, flag) => read.flag(flag, false)
const text: Reader = (read, flag) => read.text(flag)
const schedule: Reader = (read, flag) => read.choice(flag, ['linear', 'cosine'])

/** How each flag is called in a shell, and read; those of classifiers begin with `classifier_`. */
const readers: Readonly<Record<string, [keyof OpenAIFlags, Reader]>> = {
  num_channels: ['numChannels', count],
  classifier_width: ['numChannels', count],
  num_res_blocks: ['numResBlocks', count],
  classifier_depth: ['numResBlocks', count],
  channel_mult: ['channelMult', numbers],
  attention_resolutions: ['attentionResolutions', numbers],
  classifier_attention_resolutions: ['attentionResolutions', numbers],
  class_cond: ['classCond', boolean],
  learn_sigma: ['learnSigma', boolean],
  use_scale_shift_norm: ['useScaleShiftNorm', boolean],
  classifier_use_scale_shift_norm: ['useScaleShiftNorm', boolean],
  resblock_updown: ['resblockUpdown', boolean],
  classifier_resblock_updown: ['resblockUpdown', boolean],
  image_size: ['imageSize', count],
  large_size: ['imageSize', count],
  in_channels: ['imageChannels', count],
  super_resolution: ['superResolution', boolean],
  small_size: ['smallSize', count],
  num_heads: ['numHeads', count],
  num_heads_upsample: ['numHeadsUpsample', count],
  num_head_channels: ['numHeadChannels', count],
  use_new_attention_order: ['useNewAttentionOrder', boolean],
  dropout: ['dropout', number],
  diffusion_steps: ['diffusionSteps', count],
  noise_schedule: ['noiseSchedule', schedule],
  rescale_timesteps: ['rescaleTimesteps', boolean],
  predict_xstart: ['predictXstart', boolean],
  sigma_small: ['sigmaSmall', boolean],
  timestep_respacing: ['timestepRespacing', text],
}

/** The flags of U-Nets that those of classifiers stand beside, where they differ by more than `classifier_`. */
const twinOf: Readonly<Record<string, string>> = {
  classifier_width: 'num_channels',
  classifier_depth: 'num_res_blocks',
}

/** Flags that say nothing of the network and its process. */
const others = new Set(
  (
    'use_fp16 use_checkpoint classifier_use_fp16 classifier_pool classifier_scale classifier_path model_path base_samples ' +
    'batch_size num_samples use_ddim use_kl rescale_learned_sigmas clip_denoised'
  ).split(' '),
)

/**
 * Flags as they are written in a shell: `--image_size 64 --num_heads 4 --attention_resolutions 16,8`. -1, which stands for none
 * there, and what says nothing of the network, such as `batch_size`, is left out. A command may have the flags of a U-Net and those
 * of a classifier, which begin with `classifier_`: each then takes its own. `large_size` makes the network one of super-resolution.
 * @param kind whose flags are wanted.
 * @throws on a flag that is unknown, or a value that it does not have.
 */
export function parseFlags(text: string, kind: 'unet' | 'classifier'): OpenAIFlags {
  const read = new FlagReader('flags', text)
  const flags: Record<string, unknown> = {}
  const isOfClassifiers = (name: string) => name.startsWith('classifier_')
  const twins = Object.keys(readers).filter(isOfClassifiers)
  const ofBoth =
    twins.some((name) => read.has(name)) &&
    twins.some((name) => read.has(twinOf[name] ?? name.slice('classifier_'.length)))
  for (const [name, [flag, reader]] of Object.entries(readers)) {
    const value = read.has(name) ? reader(read, name) : undefined
    const isOthers = ofBoth && name !== 'image_size' && isOfClassifiers(name) !== (kind === 'classifier')
    if (value !== undefined && !isOthers) flags[flag] = value
  }
  if (read.has('large_size') && !read.has('small_size') && !read.has('super_resolution')) flags.superResolution = true
  const unknown = Object.keys(read.rest()).find((name) => !others.has(name))
  if (unknown !== undefined) {
    const close = nearest(unknown, [...Object.keys(readers), ...others])
    throw new CascadeError(
      'checkpoint',
      `flags: --${unknown} is ${close ? `unknown. Did you mean --${close}?` : `none of ${Object.keys(readers).join(', ')}`}`,
    )
  }
  return flags
}
