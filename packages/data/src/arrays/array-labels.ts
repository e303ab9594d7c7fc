import type { RawArray } from '@cascade-diffusion/checkpoints'
import { CascadeError } from '@cascade-diffusion/checks'

/** Without names, whole numbers are classes if they are below this. */
const maxClasses = 1_000_000

/**
 * Labels of an array of whole numbers, and their classes: those given, or the numbers from 0 to the largest one.
 * @throws {CascadeError} of code `data` unless there is one for each image, and each is an index of a class.
 */
export function arrayLabels(
  what: string,
  { dtype, shape, data }: RawArray,
  count: number,
  classNames: readonly string[] | undefined,
): { readonly labels: Int32Array; readonly classNames: readonly string[] } {
  if (!dtype.includes('int') || shape.length !== 1)
    throw new CascadeError('data', `${what}: expected labels, whole numbers [n], got ${dtype} [${shape}]`)
  if (data.length !== count)
    throw new CascadeError('data', `${what}: expected ${count} labels, one for each image, got ${data.length}`)
  const classes = classNames?.length ?? maxClasses
  const labels = Int32Array.from(data as ArrayLike<number | bigint>, (label, i) => {
    if (label >= 0 && label < classes) return Number(label)
    throw new CascadeError('data', `${what}: expected labels from 0 to ${classes - 1}, got ${label} for image ${i}`)
  })
  const most = labels.reduce((a, b) => Math.max(a, b), 0)
  return { labels, classNames: classNames ?? Array.from({ length: most + 1 }, (_, i) => `${i}`) }
}
