import * as tf from '@tensorflow/tfjs-core'

/** Adam's constants. */
export interface AdamOptions {
  /** Decay of the first moment; 0.9. */
  readonly beta1?: number
  /** Decay of the second moment; 0.999. */
  readonly beta2?: number
  /** Added to the root of the second moment; 1e-8. */
  readonly epsilon?: number
}

/** What changes from step to step, as scalars, so that one trace serves them all. */
export interface AdamScales<T = tf.Scalar> {
  /** What the step is scaled by: the learning rate and both bias corrections. */
  readonly stepSize: T
  /** ε in units of the root of the second moment's sum. */
  readonly epsilon: T
}

/** The scales of update t = 1, 2, … at a learning rate, computed in float64. */
export function adamScales(
  t: number,
  learningRate: number,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {},
): AdamScales<number> {
  const first = (1 - beta1) / (1 - beta1 ** t)
  const root = Math.sqrt((1 - beta2) / (1 - beta2 ** t))
  return { stepSize: (learningRate * first) / root, epsilon: epsilon / root }
}

/**
 * One update of one tensor by Adam (Kingma & Ba 2015, algorithm 1; epsilon where PyTorch has it). Moments are kept as sums, which
 * saves four operations of a pass over all weights: m ← β₁m + g, v ← β₂v + g² are the paper's divided by 1-β₁ and 1-β₂, and
 * {@link adamScales} makes up for it: x ← x - stepSize · m / (√v + ε). Traceable; all of x's shape.
 */
export function adam<T extends tf.Tensor>(
  x: T,
  gradient: T,
  moments: { readonly m: T; readonly v: T },
  { stepSize, epsilon }: AdamScales,
  { beta1 = 0.9, beta2 = 0.999 }: AdamOptions = {},
): { x: T; m: T; v: T } {
  const m: T = tf.add(tf.mul(moments.m, beta1), gradient)
  const v: T = tf.add(tf.mul(moments.v, beta2), tf.square(gradient))
  return { x: tf.sub(x, tf.mul(tf.div(m, tf.add(tf.sqrt(v), epsilon)), stepSize)), m, v }
}
