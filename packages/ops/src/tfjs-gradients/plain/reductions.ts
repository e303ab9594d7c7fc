import * as tf from '@tensorflow/tfjs-core'

/** The gradient of a sum over axes, for each of its terms. */
function spread(dy: tf.Tensor, { shape }: tf.Tensor, axes: readonly number[]): tf.Tensor {
  const kept = shape.map((n, i) => (axes.includes(i) ? 1 : n))
  return tf.mul(tf.reshape(dy, kept), tf.ones(shape, 'float32'))
}

export const reductionGradients: readonly tf.GradConfig[] = [
  {
    kernelName: 'Sum',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { axis }) => ({
      x: () => spread(dy as tf.Tensor, x!, tf.util.parseAxisParam(axis as number[], x!.shape)),
    }),
  },
  {
    kernelName: 'Mean',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { axis }) => ({
      x: () => {
        const axes = tf.util.parseAxisParam(axis as number[], x!.shape)
        const count = axes.reduce((n, i) => n * x!.shape[i]!, 1)
        return tf.div(spread(dy as tf.Tensor, x!, axes), count)
      },
    }),
  },
  {
    kernelName: 'Softmax',
    outputsToSave: [true],
    gradFunc: (dy, [y], { dim }) => {
      const weighted = tf.mul(dy as tf.Tensor, y!)
      return { logits: () => tf.sub(weighted, tf.mul(tf.sum(weighted, [dim as number], true), y!)) }
    },
  },
  {
    kernelName: 'LogSoftmax',
    outputsToSave: [true],
    gradFunc: (dy, [y], { axis }) => ({
      logits: () => {
        const d = dy as tf.Tensor
        const softmax = tf.exp(y!)
        return tf.sub(d, tf.mul(tf.sum(d, axis as number, true), softmax))
      },
    }),
  },
]
