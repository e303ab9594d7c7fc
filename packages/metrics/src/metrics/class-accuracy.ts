import { isNDArray } from '@cascade-diffusion/arrays'
import { CascadeError, type Entry, schema, shown } from '@cascade-diffusion/checks'
import type { Examples, Figure, Metric } from './metric.ts'

/** How often predictions match labels: `value` is the fraction of all, 0 to 1. */
export interface ClassAccuracyFigure extends Figure {
  /** Fraction of the examples with each label; NaN for a class without examples. */
  readonly perClass: readonly number[]
  /** Number of examples. */
  readonly count: number
}

/** The examples of each class, and those of them that were predicted right. */
export interface ClassCounts {
  readonly right: readonly number[]
  readonly total: readonly number[]
}

/** The metric {@link classAccuracy}. */
export type ClassAccuracy = Metric<'logits' | 'labels', ClassCounts, undefined, ClassAccuracyFigure>

/**
 * The fraction of images whose most likely class is that of their label, in all and for each class. The first of equally likely
 * classes counts.
 */
export const classAccuracy = (): ClassAccuracy => ({
  name: 'class-accuracy',
  better: 'higher',
  needs: { generated: ['logits', 'labels'], reference: [] },
  start: () => ({ right: [], total: [] }),
  add: (state, examples) => merged(state, counted(examples)),
  merge: merged,
  finish({ right, total }) {
    const [rights, count] = [sum(right), sum(total)]
    if (count === 0) throw new CascadeError('input', 'class-accuracy: expected at least one example, got none')
    return { value: rights / count, perClass: right.map((r, k) => r / total[k]!), count }
  },
})

/** {@link classAccuracy} by name: a JSON value. */
export interface ClassAccuracyConfig {
  readonly name: 'class-accuracy'
}

/** The entry of the table. */
export const classAccuracyEntry: Entry<ClassAccuracyConfig, ClassAccuracy> = {
  name: 'class-accuracy',
  schema: schema.record<ClassAccuracyConfig>({ name: schema.oneOf(['class-accuracy']) }),
  make: classAccuracy,
}

/** The counts of one batch. @throws if the shapes do not fit, or a label is out of range. */
function counted({ logits, labels }: Required<Pick<Examples, 'logits' | 'labels'>>): ClassCounts {
  for (const [what, array] of Object.entries({ logits, labels }))
    if (!isNDArray(array))
      throw new CascadeError(
        'input',
        `class-accuracy: expected ${what}, a host array such as int32([0, 1]) makes, got ${shown(array)}`,
      )
  const [count = 0, classes = 0] = logits.shape
  if (logits.shape.length !== 2 || logits.data.length === 0 || `${labels.shape}` !== `${count}`)
    throw new CascadeError(
      'input',
      `class-accuracy: expected logits [N, K] and labels [N], got [${logits.shape}] and [${labels.shape}]`,
    )
  const right = new Array<number>(classes).fill(0)
  const total = new Array<number>(classes).fill(0)
  for (let n = 0; n < count; n++) {
    const label = labels.data[n]!
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw new CascadeError('input', `class-accuracy: expected labels from 0 to ${classes - 1}, got ${label}`)
    const row = logits.data.subarray(n * classes, (n + 1) * classes)
    let best = 0
    for (let k = 1; k < classes; k++) if (row[k]! > row[best]!) best = k
    total[label]!++
    if (best === label) right[label]!++
  }
  return { right, total }
}

function merged(a: ClassCounts, b: ClassCounts): ClassCounts {
  if (a.total.length === 0) return b
  if (b.total.length === 0) return a
  if (a.total.length !== b.total.length)
    throw new CascadeError(
      'input',
      `class-accuracy: expected one number of classes, got ${a.total.length} and ${b.total.length}`,
    )
  const added = (x: readonly number[], y: readonly number[]) => x.map((n, k) => n + y[k]!)
  return { right: added(a.right, b.right), total: added(a.total, b.total) }
}

const sum = (xs: readonly number[]): number => xs.reduce((total, x) => total + x, 0)
