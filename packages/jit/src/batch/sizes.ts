import type { TensorType } from '../graph/graph.ts'
import type { Three } from './fit.ts'

/**
 * More than 64, up to which the tracer stores all elements of a tensor of one value: it does so at none of the sizes.
 */
const candidates = [67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113]

/**
 * Three batch sizes at which to trace a function: primes, so that none is mistaken for another length, or a factor of
 * one.
 */
export function tracedSizes(types: readonly TensorType[]): Three<number> {
  const taken = new Set(types.flatMap((t) => t.shape))
  const free = candidates.filter((p) => ![...taken].some((d) => d > 0 && d % p === 0))
  const [a, b, c] = free.length >= 3 ? free : candidates
  return [a as number, b as number, c as number]
}
