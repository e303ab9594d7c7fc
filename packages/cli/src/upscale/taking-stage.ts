import type { Cascade, CascadeStage } from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ImageSize } from '@cascade-diffusion/data'
import { probably, UsageError } from '../usage-error.ts'

/** A stage that takes images, and their size. */
export interface Taker {
  readonly stage: CascadeStage
  readonly index: number
  readonly size: ImageSize
}

/**
 * The stages that take images.
 * @throws of code `input` if there is none.
 */
export function takers({ stages }: Cascade): readonly Taker[] {
  const all = stages.flatMap((stage, index): Taker[] => {
    const size = stage.stage.kind === 'super-resolution' ? stage.stage.lowSize : stages[index - 1]?.stage.size
    const takes = stage.stage.kind === 'super-resolution' || stage.stage.kind === 'resample'
    return takes && size ? [{ stage, index, size }] : []
  })
  if (all.length > 0) return all
  throw new CascadeError(
    'input',
    `expected a cascade with a super-resolution stage, got only ${stages.map(({ stage }) => `'${stage.name}'`).join(', ')}`,
  )
}

/**
 * The stage that images go to first: the one that is asked for; else the last whose input is not larger than any of the
 * images, so that nothing of them is lost; else the first.
 * @throws UsageError if the one that is asked for takes no images.
 */
export function takerFor(all: readonly Taker[], from: string | undefined, sizes: readonly ImageSize[]): Taker {
  if (from !== undefined) {
    const names = all.map(({ stage }) => stage.stage.name)
    const found = all[names.indexOf(from)]
    if (found) return found
    throw new UsageError(
      `--from: expected a stage that takes images, ${names.join(' or ')}, got '${from}'${probably(from, names)}`,
    )
  }
  const holds = ({ size }: Taker) => sizes.every((image) => image[0] >= size[0] && image[1] >= size[1])
  return all.findLast(holds) ?? (all[0] as Taker)
}
