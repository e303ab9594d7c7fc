import type { TensorType } from '../graph/graph.ts'
import type { Three } from './fit.ts'

/** More than the 64 elements up to which the tracer writes tensors of one value out, so that it does so at no size. */
const candidates = [67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113]

/** Three batch sizes to trace a function at: primes, so that none is taken for a size of another kind, or a part of it. */
export function tracedSizes(types: readonly TensorType[]): Three<number> {
  const taken = new Set(types.flatMap((t) => t.shape))
  const free = candidates.filter((p) => ![...taken].some((d) => d > 0 && d % p === 0))
  const [a, b, c] = free.length >= 3 ? free : candidates
  return [a as number, b as number, c as number]
}
