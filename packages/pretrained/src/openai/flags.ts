import { CascadeError } from '@cascade-diffusion/checks'
/**
 * Command-line flags of improved-diffusion and guided-diffusion, as their scripts call them, in camel case. What the weights'
 * names and shapes tell (the first group) need not be given, and is compared if it is. What they cannot tell has to be.
 */
export interface OpenAIFlags {
  /** `num_channels`; `classifier_width`. */
  readonly numChannels?: number
  /** `num_res_blocks`; `classifier_depth`. */
  readonly numResBlocks?: number
  /** `channel_mult`, or what the scripts choose by the image's size. */
  readonly channelMult?: readonly number[]
  /** `attention_resolutions`: heights in pixels. */
  readonly attentionResolutions?: readonly number[]
  readonly classCond?: boolean
  readonly learnSigma?: boolean
  readonly useScaleShiftNorm?: boolean
  readonly resblockUpdown?: boolean

  /** `image_size`, or `large_size`: height and width of the images. */
  readonly imageSize?: number
  /** Channels of the images that the network makes; 3 in the scripts. Needed where the weights leave it open, as an error then says. */
  readonly imageChannels?: number
  /** `small_size`: height and width of the images that are enlarged; it makes the network one of super-resolution. */
  readonly smallSize?: number
  /** Whether the network is one of super-resolution, a `SuperResModel`: in place of `smallSize`, or to say that it is none. */
  readonly superResolution?: boolean
  /** Heads of each attention layer. */
  readonly numHeads?: number
  /** Heads on the way up. Default: `numHeads`. */
  readonly numHeadsUpsample?: number
  /** Channels of a head, in place of `numHeads`. */
  readonly numHeadChannels?: number
  /** How queries, keys and values lie in a layer of several heads. Default in improved-diffusion: false. */
  readonly useNewAttentionOrder?: boolean

  /** Of training; it does not matter to sampling. Default 0. */
  readonly dropout?: number
  /** Default 1000. */
  readonly diffusionSteps?: number
  /** Default `linear`. */
  readonly noiseSchedule?: 'linear' | 'cosine'
  /** Whether the network is told the step as if there were 1000. Default in improved-diffusion true, in guided-diffusion false. */
  readonly rescaleTimesteps?: boolean
  /** Whether the network predicts x0 rather than the noise. Default false. */
  readonly predictXstart?: boolean
  /** The smaller of the two fixed variances, where none is learned. Default false. */
  readonly sigmaSmall?: boolean
  /**
   * `timestep_respacing`: which steps to sample at, `'250'`, `'10,8,2'` or `'ddim25'`. What comes back as `sampling.spacing`.
   * Default `''`: all.
   */
  readonly timestepRespacing?: string
}

/** Whose code a checkpoint is for. */
export type OpenAIFamily = 'improved-diffusion' | 'guided-diffusion'

/** The values of flags of the first group in {@link OpenAIFlags}, as a file's weights tell them. */
export type ArchitectureFlags = Pick<
  OpenAIFlags,
  | 'numChannels'
  | 'numResBlocks'
  | 'channelMult'
  | 'attentionResolutions'
  | 'classCond'
  | 'learnSigma'
  | 'useScaleShiftNorm'
  | 'resblockUpdown'
>

/** @throws if flags that are given are not those that the weights tell. */
export function checkArchitecture(name: string, flags: OpenAIFlags, told: ArchitectureFlags): void {
  const words = (value: unknown) => (Array.isArray(value) ? [...value].sort((a, b) => a - b).join(', ') : String(value))
  const wrong = Object.entries(told).flatMap(([flag, value]) => {
    const given = flags[flag as keyof OpenAIFlags]
    const ordered = flag === 'channelMult' ? String(given) === String(value) : words(given) === words(value)
    return given === undefined || ordered ? [] : [`${flag} ${given}, the weights have ${value}`]
  })
  if (wrong.length > 0)
    throw new CascadeError('checkpoint', `${name}: the flags are another network's: ${wrong.join('; ')}`)
}
