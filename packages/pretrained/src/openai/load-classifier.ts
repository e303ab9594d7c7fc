import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { OpenAIFlags } from '@cascade-diffusion/unet'
import { type EncoderConfig, fromGuidedClassifier } from '@cascade-diffusion/unet'
import { inferOpenAI } from './infer.ts'
import { commonConfig, shapesOf } from './load.ts'

/** A classifier of noisy images of guided-diffusion, as read. */
export interface OpenAIClassifier {
  readonly config: EncoderConfig
  readonly params: Params<NDArray<'float32'>>
  /** Flags that were not given and do not follow from the weights; they have the defaults of the scripts. */
  readonly assumed: readonly string[]
}

/**
 * Reads the state dict of an `EncoderUNetModel`. As in the scripts, heads have 64 channels and attention has the old
 * order unless flags say otherwise. An attention pool determines the size of the images.
 * @param name the name of the file in errors.
 * @throws with the flags that are missing or of another network, or if the weights do not fit.
 */
export function loadOpenAIClassifier(name: string, stateDict: Params<NDArray>, given: OpenAIFlags): OpenAIClassifier {
  const { imageChannels } = given
  const found = inferOpenAI(name, shapesOf(stateDict), given.numResBlocks)
  if (imageChannels !== undefined && imageChannels !== found.inChannels)
    throw new CascadeError(
      'input',
      `${name}: the flags are of another network: imageChannels ${imageChannels}, the weights have ${found.inChannels}`,
    )
  const size = found.lowestSize && found.lowestSize * 2 ** (found.channelMultipliers.length - 1)
  const flags: OpenAIFlags = {
    ...(size !== undefined && { imageSize: size }),
    ...(given.numHeads === undefined && { numHeadChannels: 64 }),
    useNewAttentionOrder: false,
    ...given,
  }
  if (size !== undefined && flags.imageSize !== size)
    throw new CascadeError(
      'input',
      `${name}: the flags are of another network: imageSize ${flags.imageSize}, the weights have ${size}`,
    )
  const { numHeads, numHeadChannels } = flags
  const config: EncoderConfig = {
    ...commonConfig(name, found, flags, 'guided-diffusion', found.inChannels),
    classes: found.outChannels,
    ...(numHeadChannels === undefined
      ? { attentionHeads: numHeads as number }
      : { attentionHeadChannels: numHeadChannels }),
    ...(found.pool && { pool: found.pool }),
  }
  const attentionOrder = flags.useNewAttentionOrder ? 'new' : 'legacy'
  const assumed = [
    ...(given.numHeads === undefined && given.numHeadChannels === undefined ? ['numHeadChannels'] : []),
    ...(given.useNewAttentionOrder === undefined ? ['useNewAttentionOrder'] : []),
  ]
  return { config, params: fromGuidedClassifier(stateDict, config, { attentionOrder }), assumed }
}
