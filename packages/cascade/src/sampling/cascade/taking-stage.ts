import { CascadeError, checkOneOf } from '@cascade-diffusion/checks'
import type { ImageSize } from '@cascade-diffusion/data'
import type { Cascade } from '../../cascade/cascade.ts'
import type { AnyStage } from '../../cascade/check-chain.ts'
import { takenSize, takesImages } from './sizes.ts'

/** A stage of a cascade that takes images. */
export interface TakingStage {
  /** Its place among all stages. */
  readonly index: number
  readonly name: string
  /** The channels of the images. */
  readonly imageChannels: number
  /** The size of the images; undefined: any. */
  readonly size: ImageSize | undefined
}

/**
 * The stages of a cascade that take images, in order.
 * @param where what is done, for errors.
 * @throws of code `input` if there is none.
 */
export function takingStages(where: string, cascade: Cascade): readonly TakingStage[] {
  const stages = cascade.stages.map(({ stage }) => stage)
  const taking = stages.flatMap((stage, index): TakingStage[] => {
    const { name, imageChannels } = stage
    return takesImages(stage) ? [{ index, name, imageChannels, size: takenSize(stages, index) }] : []
  })
  if (taking.length > 0) return taking
  throw new CascadeError(
    'input',
    `${where}: expected a cascade with a stage that takes images, got ${stages.map(({ name }) => name).join(', ')}`,
  )
}

/**
 * The stage that images of any size go to first: that of a name; else the last whose images are not larger than any of
 * those given, so that nothing of them is lost; else the first.
 * @param taking as {@link takingStages} gives them.
 * @param sizes of the images.
 * @throws of code `input` if no stage of that name takes images.
 */
export function takingStage(
  where: string,
  taking: readonly TakingStage[],
  sizes: readonly ImageSize[],
  from?: string,
): TakingStage {
  if (from !== undefined)
    checkOneOf(
      where,
      'from',
      from,
      taking.map(({ name }) => name),
    )
  const [height, width] = [0, 1].map((axis) => Math.min(...sizes.map((size) => size[axis] as number))) as [
    number,
    number,
  ]
  const found =
    from === undefined
      ? taking.findLast(({ size }) => !size || (size[0] <= height && size[1] <= width))
      : taking.find(({ name }) => name === from)
  return found ?? (taking[0] as TakingStage)
}

/** Whether a stage is conditioned on a class and cannot do without one, as `labelDropout` in training would allow. */
export const needsClass = (stage: AnyStage): boolean =>
  stage.classNames !== undefined && !('labelDropout' in stage && stage.labelDropout > 0)
