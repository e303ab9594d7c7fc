import { add, mul, sub, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import type { Variance } from '../process/process.ts'

/**
 * ln β̃ and ln β, the logarithms of the least and the greatest variance of a reverse step. They broadcast against
 * images.
 */
export interface LogVarianceBounds {
  readonly small: Tensor
  readonly large: Tensor
}

/** The logarithm of the variance of a reverse step, [N,H,W,C], between bounds that depend on the step. */
export type LearnedLogVariance = (bounds: LogVarianceBounds) => Tensor4D

/** What the network's values [N,H,W,C] mean; undefined if the variance is not learned. */
export function learnedLogVariance(variance: Variance, values: Tensor4D | undefined): LearnedLogVariance | undefined {
  if (!values) return undefined
  if (variance === 'learned') return () => values
  const part = mul(add(values, 1), 0.5)
  return ({ small, large }) => add(mul(part, large), mul(sub(1, part), small))
}
