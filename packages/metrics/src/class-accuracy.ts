import { isNDArray, type NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'

/** How often predictions match labels. */
export interface ClassAccuracy {
  /** Fraction of all, 0 to 1. */
  readonly accuracy: number
  /** Fraction of the examples with each label; NaN for a class without examples. */
  readonly perClass: readonly number[]
  /** Number of examples. */
  readonly count: number
}

/**
 * The fraction of examples whose most likely class is the wanted one, in all and for each class.
 * @param logits [N, K], any increasing function of the likelihood of each class; the first of equals counts.
 * @param labels [N], int32 from 0 to K - 1: the true classes, or the ones that a generator was asked for.
 * @throws if the shapes do not fit, a label is out of range or there is no example.
 */
export function classAccuracy(logits: NDArray, labels: NDArray): ClassAccuracy {
  for (const [what, array] of Object.entries({ logits, labels }))
    if (!isNDArray(array))
      throw new CascadeError(
        'input',
        `classAccuracy: expected ${what}, a host array such as int32([0, 1]) makes, got ${shown(array)}`,
      )
  const [count = 0, classes = 0] = logits.shape
  if (logits.shape.length !== 2 || logits.data.length === 0 || `${labels.shape}` !== `${count}`)
    throw new CascadeError(
      'input',
      `classAccuracy: expected logits [N, K] and labels [N], got [${logits.shape}] and [${labels.shape}]`,
    )
  const right = new Array<number>(classes).fill(0)
  const total = new Array<number>(classes).fill(0)
  for (let n = 0; n < count; n++) {
    const label = labels.data[n]!
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw new CascadeError('input', `classAccuracy: expected labels from 0 to ${classes - 1}, got ${label}`)
    const row = logits.data.subarray(n * classes, (n + 1) * classes)
    let best = 0
    for (let k = 1; k < classes; k++) if (row[k]! > row[best]!) best = k
    total[label]!++
    if (best === label) right[label]!++
  }
  const accuracy = right.reduce((sum, r) => sum + r, 0) / count
  return { accuracy, perClass: right.map((r, k) => r / total[k]!), count }
}
