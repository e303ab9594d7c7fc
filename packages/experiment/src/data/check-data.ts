import { CascadeError } from '@cascade-diffusion/checks'
import { type ImageSource, imageSize, shownSize } from '@cascade-diffusion/data'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import type { ExperimentData } from './load-context.ts'

/**
 * @throws unless training and test images have the same channels and classes, are large enough for every stage, and have classes if they
 * are evaluated by them.
 */
export function checkData(
  { stages, evaluation }: Pick<CascadePlan, 'stages' | 'evaluation'>,
  { train, test }: ExperimentData,
): void {
  const of = `data.test '${test.name}'`
  if (test.channels !== train.channels)
    throw new CascadeError(
      'input',
      `plan: ${of}: expected ${train.channels} channels, as in training, got ${test.channels}`,
    )
  if (`${test.classNames}` !== `${train.classNames}`)
    throw new CascadeError(
      'input',
      `plan: ${of}: expected the classes of training, ${shownClasses(train)}; got ${shownClasses(test)}`,
    )
  if (evaluation.features === 'classes' && !train.classNames)
    throw new CascadeError(
      'input',
      `plan: expected evaluation.features of 'rotations', since '${train.name}' has no classes, got 'classes'`,
    )
  const { name, resolution } = stages.at(-1)!
  const least = imageSize('plan', resolution)
  for (const { name: images, size } of [train, test])
    if (size?.some((length, i) => length < least[i]!))
      throw new CascadeError(
        'input',
        `plan: expected images of at least ${shownSize(least)} for the stage '${name}', got ${shownSize(size)} in '${images}'`,
      )
}

const shownClasses = ({ classNames }: ImageSource): string => classNames?.join(', ') ?? 'none'
