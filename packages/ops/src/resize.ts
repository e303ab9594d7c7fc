import * as tf from '@tensorflow/tfjs-core'

/**
 * Doubles height and width by repeating each pixel 2 × 2: [N, H, W, C] → [N, 2H, 2W, C].
 *
 * The gradient is ours, the sum over each 2 × 2 block: tfjs's own of `resizeNearestNeighbor` is wrong on its cpu backend.
 */
export const upsampleNearest2x = (x: tf.Tensor4D): tf.Tensor4D => repeatPixels(x) as tf.Tensor4D

const repeatPixels = tf.customGrad((...args) => {
  const x = args[0] as tf.Tensor4D
  return {
    value: tf.image.resizeNearestNeighbor(x, [2 * x.shape[1], 2 * x.shape[2]]),
    gradFunc: (dy: tf.Tensor) => tf.mul(tf.avgPool(dy as tf.Tensor4D, 2, 2, 'valid'), 4),
  }
})

/**
 * Bilinear interpolation with pixel centres at half-integers and edges repeated, without antialiasing: what PyTorch's
 * `F.interpolate(mode='bilinear', align_corners=False)` does. [N, h, w, C] → [N, height, width, C].
 *
 * Two products with constant matrices, since tfjs's own gradient of `resizeBilinear` ignores where the pixel centres are.
 */
export function resizeBilinear(x: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  const [n, h, w, c] = x.shape
  const byRows = tf.matMul(interpolation(h, height), tf.reshape(x, [n, h, w * c]))
  const byColumns = tf.matMul(interpolation(w, width), tf.reshape(byRows, [n * height, w, c]))
  return tf.reshape(byColumns, [n, height, width, c])
}

/** The matrix [1, to, from] that resamples one axis. */
function interpolation(from: number, to: number): tf.Tensor3D {
  const matrix = new Float32Array(to * from)
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1)
    const left = Math.floor(at)
    const right = Math.min(left + 1, from - 1)
    matrix[i * from + left]! += 1 - (at - left)
    matrix[i * from + right]! += at - left
  }
  return tf.tensor3d(matrix, [1, to, from])
}
