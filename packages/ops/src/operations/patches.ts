import { CascadeError } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'

/**
 * Cuts images into patches of `size`×`size` pixels, each a pixel of the result: [N, H, W, C] to [N, H/size, W/size,
 * size²·C], channels ordered by row, then column, within the patch.
 * @throws if the size does not divide height and width.
 */
export function spaceToDepth(x: tf.Tensor4D, size: number): tf.Tensor4D {
  const [n, h, w, c] = x.shape
  if (!(Number.isInteger(size) && size > 0 && h % size === 0 && w % size === 0))
    throw new CascadeError('input', `spaceToDepth: expected a size that divides ${h}×${w}, got ${size}`)
  const cut = tf.reshape(x, [n, h / size, size, w / size, size, c])
  return tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4, 5]), [n, h / size, w / size, size * size * c])
}

/**
 * Joins patches, the inverse of {@link spaceToDepth}: [N, H, W, size²·C] to [N, size·H, size·W, C].
 * @throws if size² does not divide the channels.
 */
export function depthToSpace(x: tf.Tensor4D, size: number): tf.Tensor4D {
  const [n, h, w, c] = x.shape
  if (!(Number.isInteger(size) && size > 0 && c % size ** 2 === 0))
    throw new CascadeError('input', `depthToSpace: expected a size whose square divides ${c} channels, got ${size}`)
  const cut = tf.reshape(x, [n, h, w, size, size, c / size ** 2])
  return tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4, 5]), [n, size * h, size * w, c / size ** 2])
}
