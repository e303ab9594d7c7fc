import { CascadeError } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'
import { runNamedKernel } from './named-kernel.ts'

/** Options of {@link groupNorm}. */
export interface GroupNormOptions {
  /** Number of groups of channels; it must divide the channels. */
  groups: number
  /** Added to the variance. Default 1e-5. */
  epsilon?: number
}

/**
 * Group normalisation (Wu & He 2018): y = (x - mean) / sqrt(variance + epsilon) · scale + shift, with the mean and the
 * biased variance of each image over height, width and the channels of a group.
 * Runs the kernel `GroupNorm` {x, scale, shift} with attributes {groups, epsilon} if the backend has one. Its gradient
 * is then the kernel `GroupNormGrad` {dy, x, scale}, with results [dx, dScale, dShift].
 * @param x [N, H, W, C].
 * @param scale [C], or [N, C] for a scale of each image, which may include a conditional scale and shift (FiLM).
 * @param shift of the shape of `scale`.
 * @throws if the groups do not divide the channels, or a shape does not fit.
 */
export function groupNorm(
  x: tf.Tensor4D,
  scale: tf.Tensor,
  shift: tf.Tensor,
  { groups, epsilon = 1e-5 }: GroupNormOptions,
): tf.Tensor4D {
  const [n, h, w, c] = x.shape
  if (!(Number.isInteger(groups) && groups > 0 && c % groups === 0))
    throw new CascadeError('input', `groupNorm: expected groups to divide the ${c} channels, got ${groups}`)
  for (const [name, { shape }] of Object.entries({ scale, shift }))
    if (`${shape}` !== `${c}` && `${shape}` !== `${n},${c}`)
      throw new CascadeError('input', `groupNorm: expected ${name} of shape [${c}] or [${n},${c}], got [${shape}]`)
  if (scale.rank !== shift.rank)
    throw new CascadeError(
      'input',
      `groupNorm: expected scale and shift of one shape, got [${scale.shape}] and [${shift.shape}]`,
    )

  const run = runNamedKernel('GroupNorm', { x, scale, shift }, { groups, epsilon })
  if (run) return run as tf.Tensor4D
  const grouped = tf.reshape(x, [n, h * w, groups, c / groups])
  // One axis at a time: both at once take TensorFlow up to five times as long.
  const mean = (v: tf.Tensor) => tf.mean(tf.mean(v, 1, true), 3, true)
  const centred = tf.sub(grouped, mean(grouped))
  const variance = mean(tf.square(centred))
  const perChannel = (v: tf.Tensor) => tf.reshape(v, [v.rank === 1 ? 1 : n, 1, groups, c / groups])
  const gain = tf.mul(tf.rsqrt(tf.add(variance, epsilon)), perChannel(scale))
  return tf.reshape(tf.add(tf.mul(centred, gain), perChannel(shift)), [n, h, w, c])
}

export const groupNormGradient: tf.GradConfig = {
  kernelName: 'GroupNorm',
  inputsToSave: ['x', 'scale'],
  gradFunc: (dy, [x, scale], attrs) => {
    const inputs = { dy: dy as tf.Tensor, x: x!, scale: scale! }
    const [dx, dScale, dShift] = tf.engine().runKernel('GroupNormGrad', inputs, attrs) as tf.Tensor[]
    return { x: () => dx!, scale: () => dScale!, shift: () => dShift! }
  },
}
