import * as tf from '@tensorflow/tfjs-core'
import { floats, ofTwo, sumTo } from '../operands.ts'

/** Sums over the axes along which an operand was broadcast; what was not broadcast is left as it is. */
const broadcastSum = (dy: tf.Tensor, shape: readonly number[]): tf.Tensor =>
  tf.backend_util.getReductionAxes([...shape], dy.shape).length > 0 ? sumTo(dy, shape) : dy

/** A kernel of `a` and `b`, by the gradients of both. */
const ofBoth = (
  kernelName: string,
  slopes: Readonly<Record<'a' | 'b', (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor>>,
): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved) => {
    const [a, b] = saved as [tf.Tensor, tf.Tensor]
    return {
      a: () => broadcastSum(slopes.a(dy as tf.Tensor, a, b), a.shape),
      b: () => broadcastSum(slopes.b(dy as tf.Tensor, a, b), b.shape),
    }
  },
})

export const arithmeticGradients: readonly tf.GradConfig[] = [
  ofTwo('Add', { a: (dy) => dy, b: (dy) => dy }),
  {
    kernelName: 'Sub',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor]
      return {
        a: () => sumTo(dy as tf.Tensor, a.shape),
        b: () => tf.reshape(tf.neg(broadcastSum(dy as tf.Tensor, b.shape)), b.shape),
      }
    },
  },
  ofBoth('Multiply', { a: (dy, _, b) => tf.mul(dy, floats(b)), b: (dy, a) => tf.mul(dy, floats(a)) }),
  ofBoth('Mod', { a: (dy) => dy, b: (dy, a, b) => tf.mul(dy, tf.neg(tf.floor(tf.div(a, b)))) }),
  {
    kernelName: 'AddN',
    saveAllInputs: true,
    gradFunc: (dy, saved) => Object.fromEntries(saved.map((_, i) => [i, () => tf.clone(dy as tf.Tensor)])),
  },
  {
    kernelName: 'Prelu',
    inputsToSave: ['x', 'alpha'],
    gradFunc: (dy, saved) => {
      const [x, alpha] = saved as [tf.Tensor, tf.Tensor]
      const d = dy as tf.Tensor
      const mask = tf.greater(x, 0)
      return {
        x: () => tf.where(mask, d, tf.mul(d, alpha)),
        alpha: () => sumTo(tf.where(mask, tf.zerosLike(d), tf.mul(d, x)), alpha.shape),
      }
    },
  },
]
