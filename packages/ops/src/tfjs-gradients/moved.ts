import * as tf from '@tensorflow/tfjs-core'

export const depthToSpaceGradient: tf.GradConfig = {
  kernelName: 'DepthToSpace',
  gradFunc: (dy, _, attrs) => ({
    x: () => {
      const y = dy as tf.Tensor4D
      const b = attrs.blockSize as number
      const last = attrs.dataFormat !== 'NCHW'
      const [n, height, width, c] = last ? y.shape : [y.shape[0], y.shape[2], y.shape[3], y.shape[1]]
      const [h, w] = [height / b, width / b]
      const split = last ? [n, h, b, w, b, c] : [n, c, h, b, w, b]
      const perm = last ? [0, 1, 3, 2, 4, 5] : [0, 3, 5, 1, 2, 4]
      const joined = last ? [n, h, w, b * b * c] : [n, b * b * c, h, w]
      return tf.reshape(tf.transpose(tf.reshape(y, split), perm), joined)
    },
  }),
}

export const flipLeftRightGradient: tf.GradConfig = {
  kernelName: 'FlipLeftRight',
  gradFunc: (dy) => ({ image: () => tf.reverse(dy as tf.Tensor, 2) }),
}

export const diagGradient: tf.GradConfig = {
  kernelName: 'Diag',
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({
    x: () => {
      const { size, shape } = x!
      const matrix = tf.reshape(dy as tf.Tensor, [size, size])
      return tf.reshape(tf.sum(tf.mul(matrix, tf.eye(size)), 1), shape)
    },
  }),
}
