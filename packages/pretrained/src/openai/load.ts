import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'
import { parseSpacing, type Spacing } from '@cascade-diffusion/schedules'
import {
  fromGuidedDiffusion,
  fromImprovedDiffusion,
  type OpenAIFamily,
  type OpenAIFlags,
  type UNetConfig,
} from '@cascade-diffusion/unet'
import { checkArchitecture } from './architecture.ts'
import { type ImageChannels, imageChannelsOf } from './images.ts'
import { architectureFlags, type Inferred, inferOpenAI, type Shapes } from './infer.ts'

/** A network of improved- or guided-diffusion, as read. */
export interface OpenAIUNet {
  readonly config: UNetConfig
  readonly params: Params<NDArray<'float32'>>
  readonly process: ProcessConfig
  /** Height and width of the low-resolution images of a super-resolution network, if flags give them. */
  readonly lowResolution?: number
  /** What flags say about sampling. */
  readonly sampling: { readonly spacing?: Spacing }
  /** Flags that were not given and do not follow from the weights; they have the defaults of the scripts. */
  readonly assumed: readonly string[]
}

/**
 * Reads the state dict of a `UNetModel` or `SuperResModel`.
 * @param name the name of the file in errors.
 * @throws with the flags that are missing or of another network, or if the weights do not fit.
 */
export function loadOpenAIUNet(
  name: string,
  stateDict: Params<NDArray>,
  family: OpenAIFamily,
  flags: OpenAIFlags,
): OpenAIUNet {
  const found = inferOpenAI(name, shapesOf(stateDict), flags.numResBlocks)
  const images = imageChannelsOf(name, found, flags)
  const config = unetConfig(name, found, images, flags, family)
  const params =
    family === 'improved-diffusion'
      ? fromImprovedDiffusion(stateDict, config)
      : fromGuidedDiffusion(stateDict, config, { attentionOrder: flags.useNewAttentionOrder ? 'new' : 'legacy' })
  const learnSigma = found.outChannels === 2 * config.imageChannels
  const { smallSize, timestepRespacing = '' } = flags
  const spacing = parseSpacing(timestepRespacing)
  const { process, assumed } = openAIProcess(flags, family, learnSigma)
  return {
    config,
    params,
    process,
    lowResolution: smallSize,
    sampling: spacing === undefined ? {} : { spacing },
    assumed: [...images.assumed, ...assumed],
  }
}

export const shapesOf = (stateDict: Params<NDArray>): Shapes =>
  Object.fromEntries(Object.entries(stateDict).map(([key, { shape }]) => [key, shape]))

/** The configuration that U-Nets and classifiers share. @throws if flags are missing or of another network. */
export function commonConfig(
  name: string,
  found: Inferred,
  flags: OpenAIFlags,
  family: OpenAIFamily,
  imageChannels: number,
) {
  requireFlags(name, found, flags, family)
  const resolution = flags.imageSize as number
  checkArchitecture(name, flags, architectureFlags(found, resolution, imageChannels))
  const { baseChannels, channelMultipliers } = found
  return {
    resolution,
    imageChannels,
    baseChannels,
    channelMultipliers,
    firstChannels: (channelMultipliers[0] as number) * baseChannels,
    residualBlocks: found.residualBlocks,
    attentionResolutions: found.attentionLevels.map((level) => resolution / 2 ** level),
    resampling: found.resampling,
    scaleShiftNorm: found.scaleShiftNorm,
    normGroups: 32,
    ...(flags.dropout && { dropout: flags.dropout }),
  }
}

function unetConfig(
  name: string,
  found: Inferred,
  { imageChannels, superResolution }: ImageChannels,
  flags: OpenAIFlags,
  family: OpenAIFamily,
): UNetConfig {
  const { numHeads, numHeadsUpsample, numHeadChannels } = flags
  return {
    ...commonConfig(name, found, flags, family, imageChannels),
    outChannels: found.outChannels,
    ...(numHeadChannels === undefined
      ? { attentionHeads: numHeads, ...(numHeadsUpsample !== undefined && { attentionHeadsUp: numHeadsUpsample }) }
      : { attentionHeadChannels: numHeadChannels }),
    ...(found.numClasses !== undefined && { numClasses: found.numClasses }),
    ...(superResolution && { lowRes: { channels: imageChannels } }),
  }
}

/** @throws with all missing flags that do not follow from the weights. */
function requireFlags(name: string, found: Inferred, flags: OpenAIFlags, family: OpenAIFamily): void {
  const { imageSize, numHeads, numHeadChannels, useNewAttentionOrder } = flags
  const widths = found.channelMultipliers.map((multiplier) => multiplier * found.baseChannels)
  const oneHead = numHeads === 1 || (numHeadChannels !== undefined && widths.every((c) => c === numHeadChannels))
  const missing = [
    ...(imageSize === undefined ? ['imageSize (height and width in pixels)'] : []),
    ...(numHeads === undefined && numHeadChannels === undefined ? ['numHeads or numHeadChannels'] : []),
    ...(useNewAttentionOrder === undefined && family === 'guided-diffusion' && !oneHead
      ? ['useNewAttentionOrder (true or false)']
      : []),
  ]
  if (missing.length > 0)
    throw new CascadeError(
      'input',
      `${name}: set the flags ${missing.join(', ')}: they do not follow from the weights, and with wrong ones the network generates noise. ` +
        'A file that OpenAI published is recognised by its name',
    )
}

/** The diffusion process of the scripts. */
function openAIProcess(
  flags: OpenAIFlags,
  family: OpenAIFamily,
  learnSigma: boolean,
): Pick<OpenAIUNet, 'process' | 'assumed'> {
  const { diffusionSteps = 1000, noiseSchedule = 'linear', rescaleTimesteps = family === 'improved-diffusion' } = flags
  const open = ['diffusionSteps', 'noiseSchedule', 'rescaleTimesteps', 'predictXstart'] as const
  // With a learned variance there is no fixed one.
  const assumed = [...open, ...(learnSigma ? [] : (['sigmaSmall'] as const))].filter(
    (flag) => flags[flag] === undefined,
  )
  const fixed = flags.sigmaSmall ? 'fixed-small' : 'fixed-large'
  return {
    process: {
      schedule: { name: noiseSchedule, steps: diffusionSteps },
      prediction: flags.predictXstart ? 'x0' : 'epsilon',
      variance: learnSigma ? 'learned-range' : fixed,
      noiseInput: rescaleTimesteps ? 'rescaled-timestep' : 'timestep',
    },
    assumed,
  }
}
