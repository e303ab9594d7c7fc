import { int32, type NDArray, rows } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { type Labelled, labelsOf } from '../stage/check-conditions.ts'
import type { CascadeSampleOptions } from './options.ts'

/** The labels of the images from one place in the run to another; undefined for an unconditional cascade. */
export type LabelsBetween = (from: number, to: number) => NDArray<'int32'> | undefined

/**
 * The labels of a run. They are made batch by batch, so that memory does not grow with their number.
 * @param stages those that are conditioned on the labels: the sampled class-conditional ones, whose classes are equal.
 * @throws unless every image has a class that every stage takes, or no stage is conditional and there are no labels.
 */
export function labelling(
  stages: readonly Labelled[],
  count: number,
  { labels, label, rng, firstIndex = 0 }: CascadeSampleOptions,
): LabelsBetween {
  const [first] = stages
  if (label !== undefined && labels !== undefined)
    throw new CascadeError(
      'input',
      `cascade: expected labels or a label, got both: ${shown(labels)} and ${shown(label)}`,
    )
  if (!first) {
    const given = labels ?? label
    if (given === undefined) return () => undefined
    throw new CascadeError(
      'input',
      `cascade: expected no labels, since the stages are unconditional, got ${shown(given)}`,
    )
  }
  const classes = (first.classNames as readonly string[]).length
  if (label !== undefined) {
    const index = checked(stages, 1, [label as never]).data[0] as number
    return (from, to) => int32(new Int32Array(to - from).fill(index))
  }
  if (labels === 'balanced')
    return (from, to) => int32(Int32Array.from({ length: to - from }, (_, i) => (firstIndex + from + i) % classes))
  if (labels === 'uniform') {
    const key = rng.fold('labels')
    return (from, to) => key.integers([to - from], 0, classes, firstIndex + from)
  }
  if (labels === undefined || typeof labels === 'string')
    throw new CascadeError(
      'input',
      `stage '${first.name}': expected labels, a list of ${count}, 'balanced' or 'uniform', or one label for all images, ` +
        `got ${labels === undefined ? 'none' : shown(labels)}`,
    )
  const all = checked(stages, count, labels)
  return (from, to) => rows(all, from, to)
}

function checked(stages: readonly Labelled[], count: number, labels: Parameters<typeof labelsOf>[2]): NDArray<'int32'> {
  const each = stages.map((stage) => labelsOf(stage, count, labels))
  return each[0] as NDArray<'int32'>
}
