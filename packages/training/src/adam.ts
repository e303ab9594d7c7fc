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
  /** learning rate / (1 - beta1^t) */
  readonly stepSize: T
  /** 1 / √(1 - beta2^t) */
  readonly rootScale: T
}

/** The scales of update t = 1, 2, … at a learning rate, computed in float64. */
export const adamScales = (
  t: number,
  learningRate: number,
  { beta1 = 0.9, beta2 = 0.999 }: AdamOptions = {},
): AdamScales<number> => ({
  stepSize: learningRate / (1 - beta1 ** t),
  rootScale: 1 / Math.sqrt(1 - beta2 ** t),
})

/**
 * One update of one tensor by Adam (Kingma & Ba 2015, algorithm 1; epsilon where PyTorch has it):
 * m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², x ← x - stepSize · m / (rootScale · √v + ε). Traceable; all of x's shape.
 */
export function adam<T extends tf.Tensor>(
  x: T,
  gradient: T,
  moments: { readonly m: T; readonly v: T },
  { stepSize, rootScale }: AdamScales,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {},
): { x: T; m: T; v: T } {
  const m: T = tf.add(tf.mul(moments.m, beta1), tf.mul(gradient, 1 - beta1))
  const v: T = tf.add(tf.mul(moments.v, beta2), tf.mul(tf.square(gradient), 1 - beta2))
  const root = tf.add(tf.mul(tf.sqrt(v), rootScale), epsilon)
  return { x: tf.sub(x, tf.div(tf.mul(m, stepSize), root)), m, v }
}
