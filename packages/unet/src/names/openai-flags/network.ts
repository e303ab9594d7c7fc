import { CascadeError } from '@cascade-diffusion/checks'
import type { UNetConfig } from '../../config/config.ts'
import type { AttentionOrder } from '../openai.ts'
import type { OpenAIFamily, OpenAIFlags } from './flags.ts'
import { attentionHeights, multipliers, multipliersOf } from './levels.ts'
import { readOpenAIFlags } from './read-flags.ts'

/** A network of OpenAI's scripts as our configuration. */
export interface OpenAINetwork {
  readonly config: UNetConfig
  /** An option of `fromGuidedDiffusion`. */
  readonly attentionOrder: AttentionOrder
  /** Height and width of the low-resolution images of a super-resolution network. */
  readonly lowResolution?: number
}

/** What flags leave open. */
export interface OpenAINetworkOptions {
  /** Classes of a network with `classCond`, or of a classifier. Default 1000, the number of the scripts. */
  readonly numClasses?: number
}

/**
 * The network that flags of openai/improved-diffusion make. A super-resolution network makes images of `imageSize` (`large_size`).
 * For sizes that the scripts do not have, `channelMult` gives the multipliers.
 * @param flags as an object, or as they are written in a shell.
 * @throws if a flag cannot be read or is not one of that family, or there are no multipliers for the size of the images.
 */
export const improvedDiffusionConfig = (
  flags: OpenAIFlags | string,
  options: OpenAINetworkOptions = {},
): OpenAINetwork => networkOf('improvedDiffusionConfig', 'improved-diffusion', flags, options)

/**
 * The network that flags of openai/guided-diffusion make, such as those published with its checkpoints. A super-resolution network
 * makes images of `imageSize` (`large_size`). For sizes that the scripts do not have, `channelMult` gives the multipliers.
 * @param flags as an object, or as they are written in a shell.
 * @throws if a flag cannot be read or is not one of that network, or there are no multipliers for the size of the images.
 */
export const guidedDiffusionConfig = (flags: OpenAIFlags | string, options: OpenAINetworkOptions = {}): OpenAINetwork =>
  networkOf('guidedDiffusionConfig', 'guided-diffusion', flags, options)

function networkOf(
  where: string,
  family: OpenAIFamily,
  given: OpenAIFlags | string,
  { numClasses = 1000 }: OpenAINetworkOptions,
): OpenAINetwork {
  const flags = readOpenAIFlags(given, 'unet', where)
  const { superResolution = flags.smallSize !== undefined, imageChannels = 3 } = flags
  refuseFlags(where, family, superResolution, flags)
  const { imageSize = superResolution ? 256 : 64, numChannels = 128, attentionResolutions = [16, 8] } = flags
  const known = multipliers[family][superResolution ? 'superResolution' : 'network']
  const channelMultipliers = flags.channelMult ?? multipliersOf(where, known, imageSize, ', or channelMult')
  const { numHeads = 4, numHeadsUpsample = numHeads, numHeadChannels } = flags
  const inHeads = numHeadChannels === undefined
  return {
    config: {
      resolution: imageSize,
      imageChannels,
      outChannels: flags.learnSigma ? 2 * imageChannels : imageChannels,
      baseChannels: numChannels,
      channelMultipliers,
      firstChannels: channelMultipliers[0]! * numChannels,
      residualBlocks: flags.numResBlocks ?? 2,
      attentionResolutions: attentionHeights(imageSize, channelMultipliers.length, attentionResolutions),
      attentionHeads: inHeads ? numHeads : undefined,
      attentionHeadsUp: inHeads ? numHeadsUpsample : undefined,
      attentionHeadChannels: numHeadChannels,
      resampling: flags.resblockUpdown ? 'residual' : 'conv',
      numClasses: flags.classCond ? numClasses : undefined,
      lowRes: superResolution ? { channels: imageChannels } : undefined,
      scaleShiftNorm: flags.useScaleShiftNorm ?? true,
      normGroups: 32,
      dropout: flags.dropout ?? 0,
    },
    attentionOrder: flags.useNewAttentionOrder ? 'new' : 'legacy',
    lowResolution: superResolution ? (flags.smallSize ?? 64) : undefined,
  }
}

/** @throws if a flag is set that the family's scripts do not have for such a network. */
function refuseFlags(where: string, family: OpenAIFamily, superResolution: boolean, flags: OpenAIFlags): void {
  const refused: readonly (keyof OpenAIFlags)[] =
    family === 'improved-diffusion'
      ? ['numHeadChannels', 'resblockUpdown', 'useNewAttentionOrder', 'pool']
      : superResolution
        ? ['useNewAttentionOrder', 'pool']
        : ['pool']
  const flag = refused.find((name) => flags[name])
  if (flag)
    throw new CascadeError(
      'input',
      `${where}: expected no ${flag}: ${superResolution ? 'super-resolution networks' : 'U-Nets'} of ${family} do not have it`,
    )
}
