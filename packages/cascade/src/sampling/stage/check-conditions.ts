import { isNDArray, type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { checkLevel, defaultLevel } from '@cascade-diffusion/conditioning-augmentation'
import type { Stage } from '../../stage/stage.ts'
import type { Labels, StageSampleOptions } from './stage-sampler-options.ts'

export type { Labels } from './stage-sampler-options.ts'

/**
 * The labels as an array, undefined for an unconditional stage.
 * @throws unless a stage is given exactly the conditions that it was trained with, each in its range.
 */
export function checkConditions(
  stage: Stage,
  given: Pick<StageSampleOptions, 'count' | 'labels' | 'lowRes' | 'level' | 'augmented'>,
): NDArray<'int32'> | undefined {
  const { count, labels, lowRes, level, augmented } = given
  const checked = labelsOf(stage, count, labels)
  if (stage.kind === 'super-resolution') {
    const { name, lowSize, imageChannels, augmentation } = stage
    const expected = [count, ...lowSize, imageChannels]
    const got = isNDArray(lowRes) ? `${lowRes.dtype} [${lowRes.shape}]` : lowRes === undefined ? 'none' : shown(lowRes)
    if (got !== `float32 [${expected}]`)
      throw new CascadeError(
        'input',
        `stage '${name}': expected small images lowRes, float32 [${expected}], got ${got}`,
      )
    const wrong = lowRes!.data.findIndex((value) => !Number.isFinite(value))
    if (wrong >= 0)
      throw new CascadeError(
        'input',
        `stage '${name}': expected small images lowRes of finite values, got ${lowRes!.data[wrong]} at ${wrong}`,
      )
    checkLevel(augmentation, level ?? defaultLevel(augmentation), `stage '${name}'`)
  } else if (lowRes || level !== undefined || augmented)
    throw new CascadeError(
      'input',
      `stage '${stage.name}': expected no lowRes, no level and no augmented, since it is the base of the cascade`,
    )
  return checked
}

/** What decides which labels a stage takes. */
export type Labelled = Pick<Stage, 'name' | 'classNames' | 'labelDropout'>

/**
 * The labels as an array. @throws unless a class-conditional stage has a class for each image, and an unconditional one
 * none.
 */
export function labelsOf(
  { name, classNames, labelDropout }: Labelled,
  count: number,
  labels: Labels | undefined,
): NDArray<'int32'> | undefined {
  if (!classNames) {
    if (labels) throw new CascadeError('input', `stage '${name}': expected no labels, since the stage is unconditional`)
    return undefined
  }
  const given = listOf(labels)
  const fits = given && (isNDArray(labels) ? String(labels.shape) === String([count]) : given.length === count)
  if (!fits) {
    const got = labels === undefined ? 'none' : isNDArray(labels) ? `[${labels.shape}]` : shown(labels)
    throw new CascadeError('input', `stage '${name}': expected labels [${count}], got ${got}`)
  }
  const known = `the classes 0 to ${classNames.length - 1} (${classNames.join(', ')})`
  const data = Int32Array.from(given as ArrayLike<unknown>, (label) => {
    const index = typeof label === 'string' ? classNames.indexOf(label) : (label as number)
    const isClass = Number.isInteger(index) && index >= 0 && index < classNames.length
    if (isClass || (label === -1 && labelDropout > 0)) return index
    throw new CascadeError(
      'input',
      `stage '${name}': expected labels of ${known}, got ${shown(label)}` +
        (label === -1 ? ': no class, which needs a stage that was trained with labelDropout' : ''),
    )
  })
  return ndarray(data, [count])
}

function listOf(labels: Labels | undefined): ArrayLike<unknown> | undefined {
  if (isNDArray(labels)) return labels.data as ArrayLike<number>
  return Array.isArray(labels) || ArrayBuffer.isView(labels) ? (labels as ArrayLike<unknown>) : undefined
}
