import { CascadeError } from '@cascade-diffusion/checks'
import type { OpenAIFlags } from '@cascade-diffusion/unet'
import type { Inferred } from './infer.ts'

/** What a U-Net's channels mean. */
export interface ImageChannels {
  /** Of the images that it makes. */
  readonly imageChannels: number
  /** Whether it is given small images beside the noisy ones, in as many channels again. */
  readonly superResolution: boolean
  /** Flags that nobody gave and the channels leave open. */
  readonly assumed: readonly string[]
}

/**
 * Reads the channels that go in and come out. An odd number goes in of images alone; of an even one half may be small images, and
 * if as many come out that is images with a fixed variance, or super-resolution of half as many channels with a learned one: flags
 * say which. Without any, four channels are images of four (RGBA, latents), which is said; others are asked about.
 * @throws if the channels fit no such network, the flags not the channels, or nothing says what they mean.
 */
export function imageChannelsOf(
  name: string,
  { inChannels, outChannels }: Pick<Inferred, 'inChannels' | 'outChannels'>,
  flags: OpenAIFlags,
): ImageChannels {
  const { smallSize, imageChannels, learnSigma } = flags
  const enlarges = flags.superResolution ?? (smallSize !== undefined ? true : undefined)
  if (smallSize !== undefined && enlarges === false)
    throw new CascadeError(
      'checkpoint',
      `${name}: expected no smallSize of a network without super-resolution, got ${smallSize}`,
    )
  const channels = `${inChannels} channels go in and ${outChannels} come out`
  const possible = [
    { imageChannels: inChannels, superResolution: false },
    { imageChannels: inChannels / 2, superResolution: true },
  ].filter(({ imageChannels: c }) => Number.isInteger(c) && (outChannels === c || outChannels === 2 * c))
  if (possible.length === 0)
    throw new CascadeError(
      'checkpoint',
      `${name}: expected as many channels out as an image has, or twice as many; ${channels}, which no images explain, nor images with small ones beside them`,
    )
  const fitting = possible.filter(
    (one) =>
      (enlarges ?? one.superResolution) === one.superResolution &&
      (imageChannels ?? one.imageChannels) === one.imageChannels,
  )
  if (fitting.length === 0) {
    const given = Object.entries({ superResolution: flags.superResolution, smallSize, imageChannels })
    const words = given.flatMap(([flag, value]) => (value === undefined ? [] : [`${flag} ${value}`])).join(', ')
    throw new CascadeError('checkpoint', `${name}: the flags are of another network: ${words}, but ${channels}`)
  }
  const [one, other] =
    fitting.length > 1 && learnSigma !== undefined
      ? fitting.filter((each) => learnSigma === (outChannels === 2 * each.imageChannels))
      : fitting
  if (!other) return { ...one!, assumed: [] }
  if (inChannels === 4) return { ...one!, assumed: ['superResolution'] }
  throw new CascadeError(
    'checkpoint',
    `${name}: ${channels}: images of ${inChannels} channels, or super-resolution of ${inChannels / 2} with a learned variance. ` +
      'Give the flag superResolution (true or false), smallSize (of the small images) or imageChannels',
  )
}
