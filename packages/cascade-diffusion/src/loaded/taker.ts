import type { CascadeStage } from '@cascade-diffusion/cascade'
import { CascadeError, checkOneOf } from '@cascade-diffusion/checks'
import { type ByteImages, type ImageSize, shownSize } from '@cascade-diffusion/data'

export type LoadedStage = CascadeStage['stage']

/** Where given images enter a cascade. */
export interface Taker {
  /** The place of the stage among all. */
  readonly index: number
  /** The size of the images that it takes; undefined: any. */
  readonly size: ImageSize | undefined
}

/**
 * The stage that takes images: by its name; or that which takes the largest ones that are not larger than those given,
 * or else the first. @throws if no stage takes images.
 */
export function takerOf(stages: readonly LoadedStage[], given: readonly ByteImages[], from?: string): Taker {
  const takers = stages.flatMap((stage, index): Taker[] => {
    if (stage.kind === 'super-resolution') return [{ index, size: stage.lowSize }]
    return stage.kind === 'resample' ? [{ index, size: stages[index - 1]?.size }] : []
  })
  const nameOf = ({ index }: Taker) => (stages[index] as LoadedStage).name
  const [first] = takers
  if (!first)
    throw new CascadeError(
      'input',
      `upscale: expected a cascade with a stage that takes images, got ${stages.map(({ name }) => name).join(', ')}`,
    )
  if (from !== undefined) {
    checkOneOf('upscale', 'from', from, takers.map(nameOf))
    return takers.find((taker) => nameOf(taker) === from) as Taker
  }
  const [height, width] = [0, 1].map((axis) => Math.min(...given.map(({ shape }) => shape[axis] as number)))
  const fits = ({ size }: Taker) => !size || (size[0] <= (height as number) && size[1] <= (width as number))
  return takers.findLast(fits) ?? first
}

/** The one size of images. @throws if they differ. */
export function sizeOfAll(images: readonly ByteImages[]): ImageSize {
  const sizes = images.map(({ shape }): ImageSize => [shape[0] as number, shape[1] as number])
  const [first] = sizes as [ImageSize]
  const other = sizes.find((size) => `${size}` !== `${first}`)
  if (!other) return first
  throw new CascadeError(
    'input',
    `upscale: expected images of one size, got ${shownSize(first)} and ${shownSize(other)}`,
  )
}

/** Whether stages can do without a class, although some are conditioned on them. */
export const takesNoClass = (stages: readonly LoadedStage[]): boolean => {
  const conditional = stages.filter(({ classNames }) => classNames)
  return conditional.length > 0 && conditional.every((stage) => 'labelDropout' in stage && stage.labelDropout > 0)
}
