/** How the resolution changes by 2; see {@link UNetConfig.resampling}. */
export type Resampling = 'conv' | 'pool' | 'residual'

/** How the network is told how noisy its input is; see {@link UNetConfig.noiseEmbedding}. */
export type NoiseEmbedding =
  | { readonly name: 'timestep'; readonly frequencyShift?: 0 | 1 }
  | { readonly name: 'noise-level' }

/** The low-resolution image that a super-resolution network is given, as further channels of its input. */
export interface LowResConfig {
  /** Channels of the low-resolution image. */
  readonly channels: number
  /** How it is brought to the resolution of `xt`, unless it has that already. Default: bilinear (CDM, ADM); SR3 is bicubic. */
  readonly resize?: 'bilinear' | 'bicubic'
}

/** What a U-Net looks like. Lengths are pixels and counts; {@link unet} throws on what does not fit together. */
export interface UNetConfig {
  /** Height and width of the image, or one number for both; they must halve evenly once for each multiplier after the first. */
  resolution: number | readonly [height: number, width: number]
  /** Channels of the noisy image xt. */
  imageChannels: number
  /** Channels of the output: 2 · imageChannels if the variance is learned. Default: imageChannels. */
  outChannels?: number
  /**
   * Pixels to a side of the patches that the image is cut into; the network works at the resolution of patches, which
   * costs the square of this less. It must divide the resolution. Default 1: at that of pixels.
   */
  patchSize?: number
  /** Channels that the multipliers are units of; even. The embeddings of time, class and augmentation level are 4 times as wide. */
  baseChannels: number
  /**
   * One level of resolution each: the channels there, in units of `baseChannels`; fractions are fine if these channels
   * are whole.
   */
  channelMultipliers: readonly number[]
  /** Channels that the first convolution gives. Default: `baseChannels`; ADM: those of the first level. */
  firstChannels?: number
  /** Residual blocks of each level on the way down; one more on the way up. */
  residualBlocks: number
  /** Heights, in patches (pixels by default), at which attention follows each residual block. Default: none, but for the middle. */
  attentionResolutions?: readonly number[]
  /** Heads of each attention layer on the way down and in the middle; they must divide its channels. Default 1. */
  attentionHeads?: number
  /** Heads of each attention layer on the way up; they must divide its channels. Default: `attentionHeads`. */
  attentionHeadsUp?: number
  /** Channels of a head, which must divide those of each attention layer; in place of numbers of heads. */
  attentionHeadChannels?: number
  /** Whether attention comes between the two residual blocks of the middle. Default true. */
  middleAttention?: boolean
  /** Whether that attention begins with a normalisation, as the others do. Default true; some networks of diffusers: false. */
  middleAttentionNorm?: boolean
  /**
   * How the resolution changes between levels: `conv`, a convolution of stride 2 down, and up each pixel repeated 2×2, then a
   * convolution (DDPM); `pool`, the mean of 2×2 pixels, and pixels repeated, without weights; `residual`, the same two within a
   * residual block, on both of its branches (BigGAN, ADM). One for all, or one for each change: `down[i]` leads from
   * level i to i+1 and `up[i]` back. Default `conv`.
   */
  resampling?: Resampling | { readonly down: readonly Resampling[]; readonly up: readonly Resampling[] }
  /**
   * Where the convolution of stride 2 pads its image: by one row and column of zeros on `both` sides, or `after` it only, as
   * DDPM's original does. Default `both`.
   */
  downsamplePadding?: 'both' | 'after'
  /**
   * How the network is told the noise. `timestep`: sinusoids of the step, of frequencies 10000^(-i/(width/2 - frequencyShift)),
   * by default without shift; DDPM's original shifts by 1. `noise-level`: sinusoids of 5000·√ᾱ_t (WaveGrad, SR3), for √ᾱ_t in
   * (0, 1]. Default `timestep`.
   */
  noiseEmbedding?: NoiseEmbedding
  /** Number of classes of a class-conditional network. Default: unconditional. */
  numClasses?: number
  /** Makes a super-resolution network, conditioned on a low-resolution image. Default: none. */
  lowRes?: LowResConfig
  /** Whether the network is told the level of conditioning augmentation. Default false; needs `lowRes`. */
  augmentationLevels?: boolean
  /** Whether the embedding scales and shifts the second normalisation of a block, rather than being added. Default true. */
  scaleShiftNorm?: boolean
  /**
   * The part of the values that each residual block drops before its last convolution, in [0, 1), if `condition.dropout` is given:
   * in training. Default 0.
   */
  dropout?: number
  /** Factor of the sum that ends each residual block and each attention: SR3 has √½. Default 1. */
  residualScale?: number
  /** The same in the middle of the network. Default: `residualScale`. */
  middleResidualScale?: number
  /**
   * Groups of each group normalisation; they must divide the channels. A group of one channel forgets that channel's mean, and with it
   * an embedding that is added: fewer groups suit narrow networks. Default: the greatest common divisor of 32 and `baseChannels`.
   */
  normGroups?: number
  /** What each group normalisation adds to the variance. Default 1e-5; DDPM's original has 1e-6. */
  normEpsilon?: number
}

/** Fields without a default: they are there or not. */
export type WithoutDefault = 'numClasses' | 'lowRes' | 'attentionHeads' | 'attentionHeadsUp' | 'attentionHeadChannels'

/** A configuration with its defaults filled in; it has numbers of heads or the channels of a head. */
export type CompleteUNetConfig = Required<Omit<UNetConfig, WithoutDefault>> & Pick<UNetConfig, WithoutDefault>

/** Height and width of the image. */
export const imageSize = ({ resolution }: Pick<UNetConfig, 'resolution'>): readonly [number, number] =>
  typeof resolution === 'number' ? [resolution, resolution] : resolution
