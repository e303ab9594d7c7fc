import type { NDArray } from '@cascade-diffusion/arrays'
import { checkLevel } from '@cascade-diffusion/conditioning-augmentation'
import type { Stage } from './stage.ts'
import type { StageSampleOptions } from './stage-sampler.ts'

/** @throws if a stage is not conditioned on just what it was trained with, or on values that it does not know. */
export function checkConditions(
  stage: Stage,
  { count, labels, lowRes, level }: Pick<StageSampleOptions, 'count' | 'labels' | 'lowRes' | 'level'>,
): void {
  checkLabels(stage, count, labels)
  if (stage.kind === 'super-resolution') {
    const { name, lowResolution, imageChannels, augmentation } = stage
    const expected = [count, lowResolution, lowResolution, imageChannels]
    if (!lowRes || String(lowRes.shape) !== String(expected))
      throw new Error(
        `stage '${name}': expected small images lowRes [${expected}], got ${lowRes ? `[${lowRes.shape}]` : 'none'}`,
      )
    checkLevel(augmentation, level ?? 0)
  } else if (lowRes || level !== undefined)
    throw new Error(`stage '${stage.name}': expected no lowRes and no level, since it is the base of the cascade`)
}

/** @throws unless there is a class for each image of a class-conditional stage, and none for another. */
export function checkLabels(
  { name, classNames, labelDropout }: Stage,
  count: number,
  labels: NDArray<'int32'> | undefined,
): void {
  if (!classNames) {
    if (labels) throw new Error(`stage '${name}': expected no labels, since the stage is unconditional`)
    return
  }
  if (!labels || String(labels.shape) !== String([count]))
    throw new Error(`stage '${name}': expected labels [${count}], got ${labels ? `[${labels.shape}]` : 'none'}`)
  for (const label of labels.data)
    if (!((label >= 0 && label < classNames.length) || (label === -1 && labelDropout > 0)))
      throw new Error(
        `stage '${name}': unknown class label ${label}; the classes are 0 to ${classNames.length - 1}: ${classNames.join(', ')}`,
      )
}
