import { parseConfig, type Schema, schema } from '@cascade-diffusion/checks'
import { completeConfig } from '../config/complete-config.ts'
import type { CompleteUNetConfig, Resampling, UNetConfig } from '../config/config.ts'
import { resamplingSchema, unetEntries } from '../config/unet-schema.ts'

/**
 * How an encoder makes one vector of the output of its middle.
 * - `attention`: the mean over all pixels attends to the pixels, as in CLIP (Radford et al. 2021).
 * - `adaptive`: the mean over all pixels, then a linear layer.
 * - `spatial`: the means over all pixels of the output of every step, then a hidden layer of 2048 with ReLU.
 * - `spatial_v2`: the same with group normalisation and SiLU.
 */
export type Pool = 'attention' | 'adaptive' | 'spatial' | 'spatial_v2'

/** Fields that mean the same as for a U-Net. */
type SharedField =
  | 'resolution'
  | 'imageChannels'
  | 'baseChannels'
  | 'channelMultipliers'
  | 'firstChannels'
  | 'residualBlocks'
  | 'attentionResolutions'
  | 'attentionHeads'
  | 'attentionHeadChannels'
  | 'middleAttention'
  | 'downsamplePadding'
  | 'noiseEmbedding'
  | 'scaleShiftNorm'
  | 'dropout'
  | 'residualScale'
  | 'normGroups'
  | 'normEpsilon'

/** The configuration of an encoder: half of a U-Net, then a pool. */
export interface EncoderConfig extends Pick<UNetConfig, SharedField> {
  /** Length of the output vector: the number of classes if it is logits. */
  classes: number
  /** How it makes a vector of an image. Default `attention`. */
  pool?: Pool
  /** How the resolution changes between levels, as for a U-Net. Default `conv`. */
  resampling?: Resampling
}

/** A configuration with its defaults filled in. It has a number of heads or channels of a head. */
export type CompleteEncoderConfig = Required<Omit<EncoderConfig, 'attentionHeads' | 'attentionHeadChannels'>> &
  Pick<EncoderConfig, 'attentionHeads' | 'attentionHeadChannels'>

const {
  outChannels: _outChannels,
  patchSize: _patchSize,
  attentionHeadsUp: _attentionHeadsUp,
  middleAttentionNorm: _middleAttentionNorm,
  resampling: _resampling,
  numClasses: _numClasses,
  lowRes: _lowRes,
  augmentationLevels: _augmentationLevels,
  middleResidualScale: _middleResidualScale,
  ...shared
} = unetEntries

/** The schema of {@link EncoderConfig}. */
export const encoderSchema: Schema<EncoderConfig> = schema.record<EncoderConfig>({
  ...shared,
  classes: schema.integer({ from: 1 }),
  pool: schema.optional(schema.oneOf(['attention', 'adaptive', 'spatial', 'spatial_v2'])),
  resampling: schema.optional(resamplingSchema),
})

/**
 * Fills in the defaults. As in ADM, `firstChannels` defaults to the channels of the first level.
 * @returns the configuration, and that of the U-Net whose first half it is.
 * @throws as a U-Net does, or if there is no such pool or number of classes.
 */
export function completeEncoderConfig(given: EncoderConfig): {
  config: CompleteEncoderConfig
  whole: CompleteUNetConfig
} {
  parseConfig('encoder', encoderSchema, given)
  const { classes, pool = 'attention', ...half } = given
  const firstChannels = half.firstChannels ?? half.baseChannels * (half.channelMultipliers[0] ?? 1)
  const whole = completeConfig({ ...half, firstChannels })
  const { attentionHeads, attentionHeadChannels } = whole
  return {
    whole,
    config: {
      resolution: whole.resolution,
      imageChannels: whole.imageChannels,
      classes,
      baseChannels: whole.baseChannels,
      channelMultipliers: whole.channelMultipliers,
      firstChannels,
      residualBlocks: whole.residualBlocks,
      attentionResolutions: whole.attentionResolutions,
      ...(attentionHeadChannels === undefined ? { attentionHeads } : { attentionHeadChannels }),
      middleAttention: whole.middleAttention,
      resampling: half.resampling ?? 'conv',
      downsamplePadding: whole.downsamplePadding,
      noiseEmbedding: whole.noiseEmbedding,
      scaleShiftNorm: whole.scaleShiftNorm,
      dropout: whole.dropout,
      residualScale: whole.residualScale,
      normGroups: whole.normGroups,
      normEpsilon: whole.normEpsilon,
      pool,
    },
  }
}
