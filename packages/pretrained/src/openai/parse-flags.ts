import type { OpenAIFlags } from './flags.ts'

type Reader = (text: string) => unknown

const number: Reader = (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined)
const numbers: Reader = (text) => {
  const list = text.split(',').map(Number)
  return list.every((value) => value > 0) ? list : undefined
}
const boolean: Reader = (text) => {
  if (/^(true|yes|t|y|1)$/i.test(text)) return true
  return /^(false|no|f|n|0)$/i.test(text) ? false : undefined
}
const schedule: Reader = (text) => (['linear', 'cosine'].includes(text) ? text : undefined)

/** How each flag is called in a shell, and read; those of classifiers begin with `classifier_`. */
const readers: Readonly<Record<string, [keyof OpenAIFlags, Reader]>> = {
  num_channels: ['numChannels', number],
  classifier_width: ['numChannels', number],
  num_res_blocks: ['numResBlocks', number],
  classifier_depth: ['numResBlocks', number],
  channel_mult: ['channelMult', numbers],
  attention_resolutions: ['attentionResolutions', numbers],
  classifier_attention_resolutions: ['attentionResolutions', numbers],
  class_cond: ['classCond', boolean],
  learn_sigma: ['learnSigma', boolean],
  use_scale_shift_norm: ['useScaleShiftNorm', boolean],
  classifier_use_scale_shift_norm: ['useScaleShiftNorm', boolean],
  resblock_updown: ['resblockUpdown', boolean],
  classifier_resblock_updown: ['resblockUpdown', boolean],
  image_size: ['imageSize', number],
  large_size: ['imageSize', number],
  small_size: ['smallSize', number],
  num_heads: ['numHeads', number],
  num_heads_upsample: ['numHeadsUpsample', number],
  num_head_channels: ['numHeadChannels', number],
  use_new_attention_order: ['useNewAttentionOrder', boolean],
  dropout: ['dropout', number],
  diffusion_steps: ['diffusionSteps', number],
  noise_schedule: ['noiseSchedule', schedule],
  rescale_timesteps: ['rescaleTimesteps', boolean],
  predict_xstart: ['predictXstart', boolean],
  sigma_small: ['sigmaSmall', boolean],
}

/** Flags that say nothing of the network and its process. */
const others = new Set(
  (
    'use_fp16 use_checkpoint classifier_use_fp16 classifier_pool classifier_scale classifier_path model_path base_samples ' +
    'batch_size num_samples timestep_respacing use_ddim use_kl rescale_learned_sigmas clip_denoised'
  ).split(' '),
)

/**
 * Flags as they are written in a shell: `--image_size 64 --num_heads 4 --attention_resolutions 16,8`. -1, which stands for none
 * there, and what says nothing of the network, such as `batch_size`, is left out.
 * @throws on a flag that is unknown, or a value that it does not have.
 */
export function parseFlags(text: string): OpenAIFlags {
  const flags: Record<string, unknown> = {}
  const words = text.trim().split(/\s+/).filter(Boolean)
  for (let i = 0; i < words.length; i++) {
    const [, name, joined] = /^--(\w+)(?:=(.*))?$/.exec(words[i] as string) ?? []
    if (name === undefined) throw new Error(`flags: expected --name value, got '${words[i]}'`)
    const value = joined ?? words[++i]
    if (others.has(name)) continue
    const reader = readers[name]
    if (!reader) throw new Error(`flags: --${name} is none of ${Object.keys(readers).join(', ')}`)
    const [flag, read] = reader
    if (value === '-1' || (value === '' && flag === 'channelMult')) continue
    flags[flag] = value === undefined ? undefined : read(value)
    if (flags[flag] === undefined) throw new Error(`flags: --${name}: got '${value}', which it cannot be`)
  }
  return flags
}
