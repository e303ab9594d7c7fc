import type { UNetConfig } from '../config.ts'
import { FlagReader, type OpenAiFlags } from './flag-reader.ts'
import type { AttentionOrder } from './openai.ts'
import { attentionHeights, guidedMultipliers, multipliersOf } from './openai-levels.ts'

/** A network of OpenAI's in our words. */
export interface FromOpenAiFlags {
  config: UNetConfig
  /** What `fromGuidedDiffusion` must know besides. */
  attentionOrder: AttentionOrder
  /** Size of the images that a super-resolution network enlarges. */
  lowResolution?: number
  /** The flags that say nothing of the network, such as `diffusion_steps`: whoever reads them finds misspellings. */
  rest: Record<string, string>
}

/** What flags leave open. */
export interface OpenAiFlagsOptions {
  /** Classes of a network with `class_cond`. Default 1000, which theirs always has. */
  numClasses?: number
  /** Whether the flags are those of `super_res_train.py` or `super_res_sample.py`. Default: whether there is a `large_size`. */
  superResolution?: boolean
}

/** How a family turns flags into a network. */
interface Family {
  name: string
  /** Multipliers by the size of images, of the network itself and of that which enlarges. */
  multipliers: Record<'model' | 'superResolution', Readonly<Record<number, readonly number[]>>>
  /** Whether a network may have heads by width, residual resampling, and for images alone multipliers and attention order. */
  guided: boolean
}

const large = [1, 1, 2, 2, 4, 4]
const small = [1, 2, 3, 4]

const improved: Family = {
  name: 'improvedDiffusionConfig',
  multipliers: {
    model: { 256: large, 64: small, 32: [1, 2, 2, 2] },
    superResolution: { 256: large, 64: small },
  },
  guided: false,
}

const guided: Family = {
  name: 'guidedDiffusionConfig',
  multipliers: {
    model: guidedMultipliers,
    superResolution: { 512: large, 256: large, 64: small },
  },
  guided: true,
}

/**
 * The network that flags of openai/improved-diffusion make. Those of a super-resolution network make it
 * enlarge images to `large_size`. For images of other sizes than its scripts know, `channel_mult` says the multipliers.
 * @throws if a flag cannot be read, or no multipliers belong to the size of images and none are given.
 */
export const improvedDiffusionConfig = (flags: OpenAiFlags, options: OpenAiFlagsOptions = {}): FromOpenAiFlags =>
  fromFlags(improved, flags, options)

/**
 * The network that flags of openai/guided-diffusion make, such as those published with its checkpoints. Those of a
 * super-resolution network make it enlarge images to `large_size`. For images of other sizes than its scripts know, `channel_mult`
 * says the multipliers.
 * @throws if a flag cannot be read, or no multipliers belong to the size of images and none are given.
 */
export const guidedDiffusionConfig = (flags: OpenAiFlags, options: OpenAiFlagsOptions = {}): FromOpenAiFlags =>
  fromFlags(guided, flags, options)

function fromFlags(family: Family, flags: OpenAiFlags, options: OpenAiFlagsOptions): FromOpenAiFlags {
  const read = new FlagReader(family.name, flags)
  const { numClasses = 1000, superResolution = read.has('large_size') } = options
  const size = superResolution ? read.count('large_size', 256) : read.count('image_size', 64)
  const ownOrder = family.guided && !superResolution
  const known = family.multipliers[superResolution ? 'superResolution' : 'model']
  // Scripts of improved-diffusion know no multipliers, and give none to a network that enlarges: there they serve further sizes.
  const given = ownOrder || !known[size] || !family.guided ? read.numbers('channel_mult', '') : undefined
  const multipliers =
    given ?? multipliersOf(family.name, superResolution ? 'large_size' : 'image_size', known, size, ', or channel_mult')
  const baseChannels = read.count('num_channels', 128)
  const heads = read.count('num_heads', 4)
  const headsUp = read.count('num_heads_upsample', -1)
  const headChannels = family.guided ? read.count('num_head_channels', -1) : -1
  const residual = family.guided && read.flag('resblock_updown', false)
  const config: UNetConfig = {
    resolution: size,
    imageChannels: 3,
    outChannels: read.flag('learn_sigma', false) ? 6 : 3,
    baseChannels,
    channelMultipliers: multipliers,
    firstChannels: multipliers[0]! * baseChannels,
    residualBlocks: read.count('num_res_blocks', 2),
    attentionResolutions: attentionHeights(
      size,
      multipliers.length,
      read.numbers('attention_resolutions', '16,8') ?? [],
    ),
    ...(headChannels > 0
      ? { attentionHeadChannels: headChannels }
      : { attentionHeads: heads, attentionHeadsUp: headsUp > 0 ? headsUp : heads }),
    resampling: residual ? 'residual' : 'conv',
    ...(read.flag('class_cond', false) && { numClasses }),
    ...(superResolution && { lowRes: { channels: 3 } }),
    scaleShiftNorm: read.flag('use_scale_shift_norm', true),
    normGroups: 32,
    dropout: read.number('dropout', 0),
  }
  const isNew = ownOrder && read.flag('use_new_attention_order', false)
  // How it is computed changes nothing of the network.
  for (const name of ['use_checkpoint', ...(family.guided ? ['use_fp16'] : [])]) read.flag(name, false)
  return {
    config,
    attentionOrder: isNew ? 'new' : 'legacy',
    ...(superResolution && { lowResolution: read.count('small_size', 64) }),
    rest: read.rest(),
  }
}
