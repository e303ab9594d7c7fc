import * as tf from '@tensorflow/tfjs-core'
import { floats } from './operands.ts'

/** A kernel of one operand, by the factor on `dy`. */
const slope = (kernelName: string, factor: (x: tf.Tensor) => tf.Tensor): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({ x: () => tf.mul(dy as tf.Tensor, factor(floats(x!))) }),
})

/** Corners as PyTorch has them: nothing for |x| at 0 and for relu6 at either end. */
export const unaryGradients: readonly tf.GradConfig[] = [
  slope('Abs', tf.sign),
  {
    kernelName: 'Cast',
    // Integers and booleans are steps.
    gradFunc: (dy, _, { dtype }) => {
      const y = dy as tf.Tensor
      return { x: () => (dtype === 'float32' || dtype === 'complex64' ? tf.clone(y) : tf.zerosLike(y)) }
    },
  },
  slope('Relu6', (x) => floats(tf.logicalAnd(tf.greater(x, 0), tf.less(x, 6)))),
]
