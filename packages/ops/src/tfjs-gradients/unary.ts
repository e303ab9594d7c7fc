import * as tf from '@tensorflow/tfjs-core'
import { floats } from './operands.ts'

/** A kernel of one operand, by its derivative. */
const slope = (kernelName: string, factor: (x: tf.Tensor) => tf.Tensor): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({ x: () => tf.mul(dy as tf.Tensor, factor(floats(x!))) }),
})

/** Corners as in PyTorch 2.15: 0 for |x| at 0, and at either bound of `clipByValue` and `relu6`. */
export const unaryGradients: readonly tf.GradConfig[] = [
  slope('Abs', tf.sign),
  {
    kernelName: 'Cast',
    // Functions of integers and booleans are steps.
    gradFunc: (dy, _, { dtype }) => {
      const y = dy as tf.Tensor
      return { x: () => (dtype === 'float32' || dtype === 'complex64' ? tf.clone(y) : tf.zerosLike(y)) }
    },
  },
  {
    kernelName: 'ClipByValue',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { clipValueMin, clipValueMax }) => ({
      x: () => {
        const within = tf.logicalAnd(tf.greater(x!, clipValueMin as number), tf.less(x!, clipValueMax as number))
        return tf.where(within, dy as tf.Tensor, tf.zerosLike(dy as tf.Tensor))
      },
    }),
  },
  slope('Relu6', (x) => floats(tf.logicalAnd(tf.greater(x, 0), tf.less(x, 6)))),
]
