import { CascadeError } from '@cascade-diffusion/checks'
import type { OpenAIFlags } from '@cascade-diffusion/unet'
import type { Inferred } from './infer.ts'

/** The meaning of the channels of a U-Net. */
export interface ImageChannels {
  /** Channels of the generated images. */
  readonly imageChannels: number
  /** Whether half of the input channels are those of a low-resolution image. */
  readonly superResolution: boolean
  /** Flags that were not given and that the channels leave open. */
  readonly assumed: readonly string[]
}

/**
 * Reads the numbers of input and output channels. An odd number of input channels are those of an image. Of an even
 * number, half may be those of a low-resolution image. If there are as many output channels, the network makes images
 * with a fixed variance, or super-resolves images of half as many channels with a learned variance: flags decide.
 * Without flags, four channels are taken as those of an image (RGBA, latents) and reported as assumed; other numbers
 * are an error that asks for flags.
 * @throws if the channels fit no such network, the flags do not fit the channels, or the channels are ambiguous.
 */
export function imageChannelsOf(
  name: string,
  { inChannels, outChannels }: Pick<Inferred, 'inChannels' | 'outChannels'>,
  flags: OpenAIFlags,
): ImageChannels {
  const { smallSize, imageChannels, learnSigma } = flags
  const upsamples = flags.superResolution ?? (smallSize !== undefined ? true : undefined)
  if (smallSize !== undefined && upsamples === false)
    throw new CascadeError(
      'input',
      `${name}: expected no smallSize for a network without super-resolution, got ${smallSize}`,
    )
  const channels = `${inChannels} input channels and ${outChannels} output channels`
  const possible = [
    { imageChannels: inChannels, superResolution: false },
    { imageChannels: inChannels / 2, superResolution: true },
  ].filter(({ imageChannels: c }) => Number.isInteger(c) && (outChannels === c || outChannels === 2 * c))
  if (possible.length === 0)
    throw new CascadeError(
      'checkpoint',
      `${name}: expected output channels of an image, or twice as many for a learned variance; got ${channels}`,
    )
  const fitting = possible.filter(
    (one) =>
      (upsamples ?? one.superResolution) === one.superResolution &&
      (imageChannels ?? one.imageChannels) === one.imageChannels,
  )
  if (fitting.length === 0) {
    const given = Object.entries({ superResolution: flags.superResolution, smallSize, imageChannels })
    const words = given.flatMap(([flag, value]) => (value === undefined ? [] : [`${flag} ${value}`])).join(', ')
    throw new CascadeError('input', `${name}: the flags are of another network: ${words}, but ${channels}`)
  }
  const [one, other] =
    fitting.length > 1 && learnSigma !== undefined
      ? fitting.filter((each) => learnSigma === (outChannels === 2 * each.imageChannels))
      : fitting
  if (!other) return { ...one!, assumed: [] }
  if (inChannels === 4) return { ...one!, assumed: ['superResolution'] }
  throw new CascadeError(
    'input',
    `${name}: ${channels}: images of ${inChannels} channels, or super-resolution of ${inChannels / 2} with a learned variance. ` +
      'Set the flag superResolution (true or false), smallSize (of the low-resolution images) or imageChannels',
  )
}
