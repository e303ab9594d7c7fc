/** Height and width in pixels. */
export type ImageSides = readonly [height: number, width: number]

/** How the resolution changes by 2; see {@link UNetConfig.resampling}. */
export type Resampling = 'conv' | 'pool' | 'residual'

/** How the network is conditioned on the noise; see {@link UNetConfig.noiseEmbedding}. */
export type NoiseEmbedding =
  | {
      readonly name: 'timestep'
      /** Default 0. */
      readonly frequencyShift?: 0 | 1
    }
  | { readonly name: 'noise-level' }

/** The low-resolution image that conditions a super-resolution network, as further channels of its input. */
export interface LowResConfig {
  /** Channels of the low-resolution image. */
  readonly channels: number
  /** How it is resized to the resolution of `xt`, if it has another. Default: bilinear (CDM, ADM); SR3 is bicubic. */
  readonly resize?: 'bilinear' | 'bicubic'
}

/** The configuration of a U-Net. Lengths are in pixels. {@link unet} throws if the fields do not fit together. */
export interface UNetConfig {
  /**
   * Height and width of the images, or one number for both. They must halve evenly once for each multiplier after the
   * first.
   */
  resolution: number | ImageSides
  /** Channels of the noisy image xt. */
  imageChannels: number
  /** Channels of the output: 2 · imageChannels if the variance is learned. Default: imageChannels. */
  outChannels?: number
  /**
   * Side in pixels of the patches that the image is cut into. The network works at the resolution of patches, at
   * 1/patchSize² of the cost. It must divide the resolution. Default 1: no patches.
   */
  patchSize?: number
  /**
   * The unit of the multipliers, in channels; even. The embeddings of time, class and augmentation level are 4 times as
   * wide.
   */
  baseChannels: number
  /**
   * Channels of each level of resolution in units of `baseChannels`. Fractions are allowed if the channels are
   * integers.
   */
  channelMultipliers: readonly number[]
  /** Output channels of the first convolution. Default: `baseChannels`; ADM has those of the first level. */
  firstChannels?: number
  /** Residual blocks of each level on the way down; one more on the way up. */
  residualBlocks: number
  /**
   * Heights, in patches (pixels by default), at which attention follows each residual block. Default: none. The middle
   * has its own option.
   */
  attentionResolutions?: readonly number[]
  /** Heads of each attention layer on the way down and in the middle; they must divide its channels. Default 1. */
  attentionHeads?: number
  /** Heads of each attention layer on the way up; they must divide its channels. Default: `attentionHeads`. */
  attentionHeadsUp?: number
  /** Channels of a head, in place of a number of heads. They must divide the channels of each attention layer. Default: none. */
  attentionHeadChannels?: number
  /** Whether attention comes between the two residual blocks of the middle. Default true. */
  middleAttention?: boolean
  /** Whether that attention starts with a normalisation. Default true; false in some networks of diffusers. */
  middleAttentionNorm?: boolean
  /**
   * How the resolution changes between levels: one way for all changes, or one for each, where `down[i]` leads from
   * level i to i+1 and `up[i]` back. Default `conv`.
   * - `conv`: a convolution of stride 2 on the way down; on the way up pixels repeated 2×2, then a convolution (DDPM).
   * - `pool`: the mean of 2×2 pixels down, pixels repeated 2×2 up, without weights.
   * - `residual`: as `pool`, within a residual block, on both of its branches (BigGAN, ADM).
   */
  resampling?: Resampling | { readonly down: readonly Resampling[]; readonly up: readonly Resampling[] }
  /**
   * Where a convolution of stride 2 pads its image with a row and a column of zeros: on `both` sides, or `after` it
   * only, as the original DDPM does. Default `both`.
   */
  downsamplePadding?: 'both' | 'after'
  /**
   * How the network is conditioned on the noise. Default `timestep`.
   * - `timestep`: sinusoids of the step, of frequencies 10000^(-i/(width/2 - frequencyShift)). `frequencyShift` is 0 by
   *   default, and 1 in the original DDPM.
   * - `noise-level`: sinusoids of 5000·√ᾱ_t, for √ᾱ_t in (0, 1] (WaveGrad, SR3).
   */
  noiseEmbedding?: NoiseEmbedding
  /** Number of classes of a class-conditional network. Default: unconditional. */
  numClasses?: number
  /** Makes a super-resolution network, conditioned on a low-resolution image. Default: none. */
  lowRes?: LowResConfig
  /** Whether the network is conditioned on the level of conditioning augmentation. Default false; needs `lowRes`. */
  augmentationLevels?: boolean
  /** Whether the embedding scales and shifts the second normalisation of a block, rather than being added. Default true. */
  scaleShiftNorm?: boolean
  /**
   * The share of values that each residual block drops before its last convolution, in [0, 1), if `condition.dropout`
   * is given, as in training. Default 0.
   */
  dropout?: number
  /** Factor of the sum that ends each residual block and each attention. Default 1; √½ in SR3. */
  residualScale?: number
  /** The same in the middle of the network. Default: `residualScale`. */
  middleResidualScale?: number
  /**
   * Groups of each group normalisation; they must divide the channels. A group of one channel removes the mean of that
   * channel, and with it an added embedding, so narrow networks need fewer groups. Default: the greatest common divisor
   * of 32 and `baseChannels`.
   */
  normGroups?: number
  /** The number that each group normalisation adds to the variance. Default 1e-5; 1e-6 in the original DDPM. */
  normEpsilon?: number
}

/** Fields without a default. */
export type WithoutDefault = 'numClasses' | 'lowRes' | 'attentionHeads' | 'attentionHeadsUp' | 'attentionHeadChannels'

/** A configuration with its defaults filled in. It has numbers of heads or channels of a head. */
export type CompleteUNetConfig = Required<Omit<UNetConfig, WithoutDefault>> & Pick<UNetConfig, WithoutDefault>

/** Height and width of the image. */
export const imageSize = ({ resolution }: Pick<UNetConfig, 'resolution'>): ImageSides =>
  typeof resolution === 'number' ? [resolution, resolution] : resolution
