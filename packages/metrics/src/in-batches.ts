import { concatenate, type NDArray, rows } from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, checkInteger, checkOptions, shown } from '@cascade-diffusion/checks'

/** Options of {@link inBatches}. */
export interface InBatchesOptions {
  /** Number of examples in all. */
  count: number
  /** Examples in each call. */
  batchSize: number
  /** The examples from `from` to `to` (exclusive) along the first axis: a view of an array, or made as they are needed. */
  batch: (from: number, to: number) => NDArray
}

/**
 * Runs a function over many examples in batches of one size, so that a compiled function is compiled once: the last batch
 * is filled up with copies of its last example, and the results of those are cut off. Yields each batch's result in order.
 * @param run one array with a first axis of `batchSize` in, one out: a compiled function with its weights bound.
 * @throws if `batch` or `run` gives another number of examples than asked for.
 */
export async function* inBatches(
  run: (batch: NDArray) => Promise<NDArray>,
  options: InBatchesOptions,
): AsyncGenerator<NDArray> {
  checkOptions('inBatches', options, { count: true, batchSize: true, batch: true })
  checkFunction('inBatches', 'run', run)
  const { count, batchSize, batch } = options
  checkInteger('inBatches', 'a count', count, { from: 0 })
  checkFunction('inBatches', 'batch', batch, '(from, to) => examples')
  if (!(Number.isInteger(batchSize) && batchSize > 0))
    throw new CascadeError('input', `inBatches: batchSize must be a positive integer, got ${shown(batchSize)}`)
  for (let from = 0; from < count; from += batchSize) {
    const size = Math.min(batchSize, count - from)
    const examples = expectExamples(batch(from, from + size), size, 'batch')
    const fill = Array.from({ length: batchSize - size }, () => rows(examples, size - 1, size))
    const result = await run(fill.length === 0 ? examples : concatenate([examples, ...fill]))
    yield rows(expectExamples(result, batchSize, 'run'), 0, size)
  }
}

function expectExamples(a: NDArray, n: number, from: string): NDArray {
  if (a.shape[0] !== n)
    throw new CascadeError('input', `inBatches: expected ${n} examples from ${from}, got shape [${a.shape}]`)
  return a
}
