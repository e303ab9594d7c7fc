import { CascadeError } from '@cascade-diffusion/checks'
import { imageSize, shownSize } from '@cascade-diffusion/data'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import type { DataFacts } from './data-facts.ts'
import { stretch } from './stage-sizes.ts'

/**
 * Compares a plan with its data before anything is trained.
 * @throws of code `data`, with what to do, if a class has no images, most images are smaller than those of a stage, or there are too few:
 * fewer than a batch has, or fewer than two test images.
 */
export function checkFacts(plan: Pick<CascadePlan, 'stages' | 'evaluation'>, facts: DataFacts): void {
  const { name, count, testCount, classNames, perClass } = facts
  const empty = classNames?.filter((_, label) => perClass?.[label] === 0) ?? []
  if (empty.length > 0)
    throw new CascadeError(
      'data',
      `data: expected training images in each class of ${name}, got none in ${empty.join(', ')}: add images, or remove the class`,
    )
  if (testCount < 2)
    throw new CascadeError(
      'data',
      `data: expected at least 2 test images, got ${testCount}: add images, or set data.test to other images or to a greater share, { validation: 0.3 }`,
    )
  for (const stage of plan.stages) checkBatch(`stage '${stage.name}'`, stage.training.batchSize, count)
  checkBatch('evaluation', plan.evaluation.training.batchSize, count)
  checkSizes(plan, facts)
}

function checkBatch(where: string, batchSize: number, count: number): void {
  if (batchSize > count)
    throw new CascadeError(
      'data',
      `${where}: expected a batch of at most the ${count} training images, got a batchSize of ${batchSize}: set its training.batchSize to ${count} or less, or add images`,
    )
}

/** @throws if most images would be upsampled: the stage would learn to make blurred ones. */
function checkSizes({ stages }: Pick<CascadePlan, 'stages'>, { size, sizes, name }: DataFacts): void {
  const { name: stage, resolution } = stages.at(-1)!
  const least = imageSize('plan', resolution)
  const side = size ? Math.min(...size) : sizes.shorter.median
  if (side * stretch >= Math.min(...least)) return
  const { smallest } = sizes
  const got = size
    ? `images of ${shownSize(size)}`
    : `a shorter side of ${side} pixels in half of them, and ${shownSize(smallest.size)} in ${smallest.name}`
  throw new CascadeError(
    'data',
    `stage '${stage}': expected images of at least ${shownSize(least)} in ${name}, got ${got}: ` +
      'use larger images, or end with a smaller resolution; a transform { name: resize-crop, size } of the data upsamples them',
  )
}
