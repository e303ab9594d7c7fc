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
  /** Channels at full resolution; even. The embeddings of time, class and augmentation level are 4 times as wide. */
  baseChannels: number
  /** One level of resolution each: the channels there, in units of `baseChannels`. */
  channelMultipliers: readonly number[]
  /** Residual blocks of each level on the way down; one more on the way up. */
  residualBlocks: number
  /** Heights, in patches (pixels by default), at which attention follows each residual block. Default: none; the middle always has it. */
  attentionResolutions?: readonly number[]
  /** Heads of each attention layer; they must divide its channels. Default 1. */
  attentionHeads?: number
  /** Number of classes of a class-conditional network. Default: unconditional. */
  numClasses?: number
  /** Makes a super-resolution network, conditioned on a low-resolution image of so many channels. Default: none. */
  lowRes?: { readonly channels: number }
  /** Whether the network is told the level of conditioning augmentation. Default false; needs `lowRes`. */
  augmentationLevels?: boolean
  /** Whether the embedding scales and shifts the second normalisation of a block, rather than being added. Default true. */
  scaleShiftNorm?: boolean
  /**
   * Groups of each group normalisation; they must divide the channels. A group of one channel forgets that channel's mean, and with it
   * an embedding that is added: fewer groups suit narrow networks. Default: the greatest common divisor of 32 and `baseChannels`.
   */
  normGroups?: number
}

/** A configuration with its defaults filled in. */
export type CompleteUNetConfig = Required<Omit<UNetConfig, 'numClasses' | 'lowRes'>> &
  Pick<UNetConfig, 'numClasses' | 'lowRes'>

/** Fills in the defaults and checks what each field says by itself; channels are checked where they are laid out. */
export function completeConfig(config: UNetConfig): CompleteUNetConfig {
  const {
    outChannels = config.imageChannels,
    patchSize = 1,
    attentionResolutions = [],
    attentionHeads = 1,
    augmentationLevels = false,
    scaleShiftNorm = true,
    normGroups = greatestCommonDivisor(32, config.baseChannels),
  } = config
  const complete: CompleteUNetConfig = {
    ...config,
    outChannels,
    patchSize,
    attentionResolutions,
    attentionHeads,
    augmentationLevels,
    scaleShiftNorm,
    normGroups,
  }
  const [height, width] = imageSize(complete)
  const counts = {
    height,
    width,
    imageChannels: config.imageChannels,
    outChannels,
    patchSize,
    baseChannels: config.baseChannels,
    residualBlocks: config.residualBlocks,
    attentionHeads,
    normGroups,
    numClasses: config.numClasses ?? 1,
    'lowRes.channels': config.lowRes?.channels ?? 1,
  }
  for (const [name, count] of Object.entries(counts)) expectCount(name, count)
  if (complete.channelMultipliers.length === 0) throw new Error('unet: channelMultipliers: expected at least one')
  for (const multiplier of complete.channelMultipliers) expectCount('channelMultipliers', multiplier)
  if (complete.baseChannels % 2 !== 0) throw new Error(`unet: baseChannels must be even, got ${complete.baseChannels}`)

  if (height % patchSize !== 0 || width % patchSize !== 0)
    throw new Error(`unet: patchSize must divide the resolution ${height}×${width}, got ${patchSize}`)
  const [high, wide] = [height / patchSize, width / patchSize]
  const heights = complete.channelMultipliers.map((_, level) => high / 2 ** level)
  const halvings = heights.length - 1
  if (high % 2 ** halvings !== 0 || wide % 2 ** halvings !== 0) {
    const patches = patchSize === 1 ? '' : ` patches of ${patchSize}×${patchSize}`
    throw new Error(`unet: resolution must halve evenly ${halvings} times, got ${high}×${wide}${patches}`)
  }
  for (const at of complete.attentionResolutions)
    if (!heights.includes(at))
      throw new Error(`unet: attentionResolutions must be among the levels' heights ${heights.join(', ')}, got ${at}`)
  if (complete.augmentationLevels && !complete.lowRes)
    throw new Error('unet: augmentationLevels needs lowRes: there is no low-resolution image to augment')
  return complete
}

/** Height and width of the image. */
export const imageSize = ({ resolution }: Pick<UNetConfig, 'resolution'>): readonly [number, number] =>
  typeof resolution === 'number' ? [resolution, resolution] : resolution

function expectCount(name: string, count: number): void {
  if (!(Number.isInteger(count) && count > 0)) throw new Error(`unet: ${name} must be a positive integer, got ${count}`)
}

const greatestCommonDivisor = (a: number, b: number): number => (b > 0 ? greatestCommonDivisor(b, a % b) : a)
