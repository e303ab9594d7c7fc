import type { EncoderConfig, Pool } from '../encoder/config.ts'
import { FlagReader, type OpenAiFlags } from './flag-reader.ts'
import { attentionHeights, guidedMultipliers, multipliersOf } from './openai-levels.ts'

/** A classifier of guided-diffusion in our words. */
export interface FromClassifierFlags {
  config: EncoderConfig
  /** The flags that say nothing of the classifier, such as `classifier_scale`: whoever reads them finds misspellings. */
  rest: Record<string, string>
}

/**
 * The classifier that flags of openai/guided-diffusion make, `--image_size 64 --classifier_depth 4`, such as those published with
 * its checkpoints.
 * @param classes theirs are 1000.
 * @throws if a flag cannot be read, or no multipliers belong to the size of images.
 */
export function guidedClassifierConfig(flags: OpenAiFlags, classes = 1000): FromClassifierFlags {
  const read = new FlagReader('guidedClassifierConfig', flags)
  const resolution = read.count('image_size', 64)
  const channelMultipliers = multipliersOf('guidedClassifierConfig', 'image_size', guidedMultipliers, resolution)
  const config: EncoderConfig = {
    resolution,
    imageChannels: 3,
    classes,
    baseChannels: read.count('classifier_width', 128),
    channelMultipliers,
    residualBlocks: read.count('classifier_depth', 2),
    attentionResolutions: attentionHeights(
      resolution,
      channelMultipliers.length,
      read.numbers('classifier_attention_resolutions', '32,16,8') ?? [],
    ),
    attentionHeadChannels: 64,
    resampling: read.flag('classifier_resblock_updown', true) ? 'residual' : 'conv',
    scaleShiftNorm: read.flag('classifier_use_scale_shift_norm', true),
    normGroups: 32,
    pool: read.choice<Pool>('classifier_pool', ['attention', 'adaptive', 'spatial', 'spatial_v2']),
  }
  read.flag('classifier_use_fp16', false)
  return { config, rest: read.rest() }
}
