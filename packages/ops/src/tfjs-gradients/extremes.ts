import * as tf from '@tensorflow/tfjs-core'
import { floats } from './operands.ts'

/** The gradient is shared evenly by all elements that are the extreme, as for `amax` and `amin` in PyTorch. */
const extreme = (kernelName: string, axesOf: (attrs: tf.NamedAttrMap) => unknown): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attrs) => ({
    x: () => {
      const [x, y] = saved as [tf.Tensor, tf.Tensor]
      const axes = tf.util.parseAxisParam(axesOf(attrs) as number[], x.shape)
      const kept = x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
      const hits = floats(tf.equal(x, tf.reshape(y, kept)))
      return tf.mul(tf.div(tf.reshape(dy as tf.Tensor, kept), tf.sum(hits, axes, true)), hits)
    },
  }),
})

/** tfjs's own give all of it to each of them. */
export const extremeGradients: readonly tf.GradConfig[] = [
  extreme('Max', (attrs) => attrs.reductionIndices),
  extreme('Min', (attrs) => attrs.axis),
]
