import * as tf from '@tensorflow/tfjs-core'
import { floats, sumTo } from './operands.ts'

interface Transposes {
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/** The sum over a batch of aᵀ dy, or dyᵀ a, as one product: for one matrix that multiplied the whole batch. */
function ofOneMatrix(a: tf.Tensor, dy: tf.Tensor, transposed: boolean): tf.Tensor {
  const [left, right] = [a, dy].map((x) => tf.reshape(x, [-1, x.shape.at(-1)!])) as [tf.Tensor2D, tf.Tensor2D]
  return transposed ? tf.matMul(right, left, true) : tf.matMul(left, right, true)
}

/** tfjs's own does not support batches that broadcast, such as many matrices times one. */
export const batchMatMulGradient: tf.GradConfig = {
  kernelName: 'BatchMatMul',
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved, attrs) => {
    const [a, b] = saved.map(floats) as [tf.Tensor, tf.Tensor]
    const y = dy as tf.Tensor
    const { transposeA, transposeB } = attrs as unknown as Transposes
    const batch = ({ shape }: tf.Tensor) => tf.util.sizeFromShape(shape.slice(0, -2))
    const matrix = batch(b) === 1 && batch(a) > 1 && !transposeA
    return {
      a: () => sumTo(transposeA ? tf.matMul(b, y, transposeB, true) : tf.matMul(y, b, false, !transposeB), a.shape),
      b: () => {
        if (matrix) return tf.reshape(ofOneMatrix(a, y, transposeB), b.shape)
        return sumTo(transposeB ? tf.matMul(y, a, true, transposeA) : tf.matMul(a, y, !transposeA, false), b.shape)
      },
    }
  },
}
