import { flatten, isNDArray, type NDArray, type Params, type Tree } from '@cascade-diffusion/arrays'

/** A step whose loss or gradient is not finite, with what it was computed from. */
export interface BadStep {
  readonly loss: number
  readonly gradNorm: number
  /** The weights that it was computed with. */
  readonly params: Params<NDArray>
  /** The tree of arrays that it was computed on. */
  readonly batch: unknown
}

/** Larger weights are a sign of divergence, whatever the network. */
const HUGE = 1e4

/**
 * Where numbers that are not finite come from, with the likely reason: the batch, else the weights, else the loss, else
 * its gradient.
 */
export function reasonOf({ loss, gradNorm, params, batch }: BadStep): string {
  const { leaves, shape } = flatten<NDArray>(batch as Tree<NDArray>, isNDArray)
  const named = leaves.map((array, i) => [shape.paths[i] as string, array] as const)
  const data = firstNonFinite(named)
  if (data) return `the batch has ${data}: look for bad data`
  const weight = firstNonFinite(Object.entries(params))
  if (weight)
    return `the weights have ${weight}: they diverged in the update before; start over with a lower learning rate`
  const where = Number.isFinite(loss) ? `the norm of the gradient is ${gradNorm}` : `the loss is ${loss}`
  const computed = `batch and weights are finite, ${where}`
  const largest = largestOf(params)
  if (largest.value > HUGE)
    return (
      `${computed}: the weights have grown to ${largest.value.toPrecision(3)} in '${largest.name}'; ` +
      'start over with a lower learning rate'
    )
  return Number.isFinite(loss)
    ? `${computed}: look for roots and norms at 0, and divisions by what may vanish`
    : `${computed}: look for divisions by 0, logarithms and roots outside their domain, and infinite weightings`
}

/** The first value that is not finite, in words: `NaN in 'x' at 3`. */
export function firstNonFinite(arrays: Iterable<readonly [name: string, array: NDArray]>): string | undefined {
  for (const [name, { dtype, data }] of arrays) {
    if (dtype !== 'float32') continue
    const at = (data as Float32Array).findIndex((x) => !Number.isFinite(x))
    if (at >= 0) return `${data[at]} in '${name}' at ${at}`
  }
  return undefined
}

function largestOf(params: Params<NDArray>): { name: string; value: number } {
  let largest = { name: '', value: 0 }
  for (const [name, { data }] of Object.entries(params))
    for (const x of data) if (Math.abs(x) > largest.value) largest = { name, value: Math.abs(x) }
  return largest
}

/** The first steps, whose losses count as usual. */
const FIRST = 10

/**
 * A loss divided by the largest of the first ten: NaN before there are ten.
 * @param losses of the steps before; NaN where a step was not taken.
 */
export function growthOf(loss: number, losses: Float32Array): number {
  if (losses.length < FIRST) return Number.NaN // a run may begin where the loss is almost 0
  let largest = 0
  for (const before of losses.subarray(0, FIRST)) if (Math.abs(before) > largest) largest = Math.abs(before)
  return largest === 0 ? Number.NaN : Math.abs(loss) / largest
}
