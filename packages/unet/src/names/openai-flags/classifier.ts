import type { EncoderConfig } from '../../encoder/config.ts'
import type { OpenAIFlags } from './flags.ts'
import { attentionHeights, multipliers, multipliersOf } from './levels.ts'
import type { OpenAINetworkOptions } from './network.ts'
import { readOpenAIFlags } from './read-flags.ts'

/**
 * The classifier that flags of openai/guided-diffusion make, such as those published with its checkpoints:
 * `--image_size 64 --classifier_depth 4`.
 * @param flags as an object, or as they are written in a shell.
 * @throws if a flag cannot be read, or there are no multipliers for the size of the images.
 */
export function guidedClassifierConfig(
  flags: OpenAIFlags | string,
  { numClasses = 1000 }: OpenAINetworkOptions = {},
): EncoderConfig {
  const where = 'guidedClassifierConfig'
  const read = readOpenAIFlags(flags, 'classifier', where)
  const { imageSize = 64, attentionResolutions = [32, 16, 8] } = read
  const channelMultipliers =
    read.channelMult ?? multipliersOf(where, multipliers['guided-diffusion'].network, imageSize, ', or channelMult')
  return {
    resolution: imageSize,
    imageChannels: read.imageChannels ?? 3,
    classes: numClasses,
    baseChannels: read.numChannels ?? 128,
    channelMultipliers,
    residualBlocks: read.numResBlocks ?? 2,
    attentionResolutions: attentionHeights(imageSize, channelMultipliers.length, attentionResolutions),
    attentionHeads: read.numHeads,
    attentionHeadChannels: read.numHeads === undefined ? (read.numHeadChannels ?? 64) : undefined,
    resampling: (read.resblockUpdown ?? true) ? 'residual' : 'conv',
    scaleShiftNorm: read.useScaleShiftNorm ?? true,
    normGroups: 32,
    pool: read.pool ?? 'attention',
  }
}
