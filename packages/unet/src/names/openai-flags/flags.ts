import type { Pool } from '../../encoder/config.ts'

/**
 * Command-line flags of improved-diffusion and guided-diffusion in camel case: `num_channels` is `numChannels`. The first group
 * follows from the names and shapes of a checkpoint's weights, the others do not.
 */
export interface OpenAIFlags {
  /** `num_channels`, `classifier_width`: channels that the multipliers are units of. */
  readonly numChannels?: number
  /** `num_res_blocks`, `classifier_depth`: residual blocks of each level. */
  readonly numResBlocks?: number
  /** `channel_mult`: channels of each level in units of `numChannels`. The scripts choose them by the size of the images. */
  readonly channelMult?: readonly number[]
  /** `attention_resolutions`, `classifier_attention_resolutions`: heights in pixels. */
  readonly attentionResolutions?: readonly number[]
  /** `class_cond`: whether the network is conditioned on a class. */
  readonly classCond?: boolean
  /** `learn_sigma`: whether the network predicts the variance too. */
  readonly learnSigma?: boolean
  /** `use_scale_shift_norm`, `classifier_use_scale_shift_norm`. */
  readonly useScaleShiftNorm?: boolean
  /** `resblock_updown`, `classifier_resblock_updown`: whether residual blocks change the resolution. */
  readonly resblockUpdown?: boolean
  /** `classifier_pool`: how a classifier makes one vector of an image. */
  readonly pool?: Pool

  /** `image_size`, `large_size`: height and width of the images. */
  readonly imageSize?: number
  /** Channels of the generated images; 3 in the scripts. Needed where the weights leave it open. */
  readonly imageChannels?: number
  /** `small_size`: height and width of the low-resolution images. With it the network is one of super-resolution. */
  readonly smallSize?: number
  /** Whether the network is a `SuperResModel`. Default: whether there is a `smallSize`. */
  readonly superResolution?: boolean
  /** `num_heads`: heads of each attention layer. */
  readonly numHeads?: number
  /** `num_heads_upsample`: heads on the way up. Default: `numHeads`. */
  readonly numHeadsUpsample?: number
  /** `num_head_channels`: channels of a head, in place of `numHeads`. */
  readonly numHeadChannels?: number
  /** `use_new_attention_order`: how queries, keys and values lie in a layer of several heads. Default: false. */
  readonly useNewAttentionOrder?: boolean

  /** `dropout`: rate in training. Sampling has none. Default 0. */
  readonly dropout?: number
  /** `diffusion_steps`. Default 1000. */
  readonly diffusionSteps?: number
  /** `noise_schedule`. Default `linear`. */
  readonly noiseSchedule?: 'linear' | 'cosine'
  /** `rescale_timesteps`: whether steps are scaled to 0 … 1000. Default: true in improved-diffusion, false in guided-diffusion. */
  readonly rescaleTimesteps?: boolean
  /** `predict_xstart`: whether the network predicts x0 rather than the noise. Default false. */
  readonly predictXstart?: boolean
  /** `sigma_small`: the smaller of the two fixed variances, where none is learned. Default false. */
  readonly sigmaSmall?: boolean
  /** `timestep_respacing`: the steps to sample at: `'250'`, `'10,8,2'` or `'ddim25'`. Default `''`: all. */
  readonly timestepRespacing?: string
}

/** The repository whose code a checkpoint is for. */
export type OpenAIFamily = 'improved-diffusion' | 'guided-diffusion'
