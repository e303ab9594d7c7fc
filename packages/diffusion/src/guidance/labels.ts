import { isNDArray, type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { CascadeError, checkInteger, checkOptions, shown } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import { fill, type Tensor1D } from '@tensorflow/tfjs-core'
import { checkRng } from '../checks.ts'

/** Options of {@link dropLabels}. */
export interface DropLabelsOptions {
  /** How likely each label is dropped, 0 to 1. Ho & Salimans take 0.1 to 0.2. */
  readonly probability: number
  /** The null label. Default -1, which the networks of `unet` embed as zeros. */
  readonly noLabel?: number
  readonly rng: Rng
}

/**
 * Drops labels (int32 [N]) at random, for training that prepares for classifier-free guidance (Ho & Salimans 2022,
 * algorithm 1). On the host.
 * @throws if the labels are not int32, or the probability is not from 0 to 1.
 */
export function dropLabels(labels: NDArray<'int32'>, options: DropLabelsOptions): NDArray<'int32'> {
  if (!isNDArray(labels) || labels.dtype !== 'int32')
    throw new CascadeError(
      'input',
      `dropLabels: expected labels of int32 (int32([3, 7])), got ${isNDArray(labels) ? labels.dtype : shown(labels)}`,
    )
  checkOptions('dropLabels', options, { probability: true, noLabel: true, rng: true })
  const { probability, noLabel = -1, rng } = options
  if (!(typeof probability === 'number' && probability >= 0 && probability <= 1))
    throw new CascadeError('input', `dropLabels: expected a probability from 0 to 1, got ${shown(probability)}`)
  checkInteger('dropLabels', 'noLabel', noLabel)
  checkRng('dropLabels', rng)
  const drawn = rng.uniform(labels.shape).data
  return ndarray(
    labels.data.map((label, i) => (drawn[i]! < probability ? noLabel : label)),
    labels.shape,
  )
}

/**
 * Makes the `unconditional` of `classifierFreeGuidance`: it replaces every label of a condition by `noLabel`, as in
 * `dropLabels`. A condition without a label stays as it is. @throws (the function) on anything but a condition.
 */
export function withoutLabel(noLabel = -1): <C extends { readonly label?: Tensor1D }>(condition: C) => C {
  checkInteger('withoutLabel', 'noLabel', noLabel)
  return (condition) => {
    if (typeof condition !== 'object' || condition === null)
      throw new CascadeError('input', `withoutLabel: expected a condition, { label }, got ${shown(condition)}`)
    return condition.label ? { ...condition, label: fill(condition.label.shape, noLabel, 'int32') } : condition
  }
}
