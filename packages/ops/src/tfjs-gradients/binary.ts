import * as tf from '@tensorflow/tfjs-core'
import { floats, ofTwo, sumTo } from './operands.ts'

/** All of `dy` where the operand was chosen, half of it where both are equal, as in PyTorch. */
const chosen = (dy: tf.Tensor, mine: tf.Tensor, other: tf.Tensor, wins: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) => {
  const weights = tf.add(floats(wins(mine, other)), tf.mul(floats(tf.equal(mine, other)), 0.5))
  return tf.mul(dy, weights)
}

const extreme = (kernelName: string, wins: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) =>
  ofTwo(kernelName, {
    a: (dy, a, b) => chosen(dy, a, b, wins),
    b: (dy, a, b) => chosen(dy, b, a, wins),
  })

const twice = (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.mul(dy, tf.mul(2, floats(tf.sub(a, b))))

/** 0 where nothing comes in, even for a division by 0 that was not chosen: `divNoNan`, `where`. */
const divided = (dy: tf.Tensor, by: tf.Tensor) => tf.where(tf.equal(dy, 0), dy, tf.div(dy, by))

/**
 * b a^(b-1), and 0 for a^0 at 0. Where a is 0 and b above 1 an infinite `dy` gives 0 too, so the gradient of `tf.norm`,
 * the root of a sum of squares, is 0 at 0, as in PyTorch.
 */
function powBase(dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [base, exponent] = [floats(a), floats(b)]
  const slope = tf.mul(exponent, tf.pow(base, tf.sub(exponent, 1)))
  const known = tf.where(tf.logicalOr(tf.notEqual(exponent, 0), tf.isNaN(base)), slope, tf.zerosLike(slope))
  const vanishes = tf.logicalAnd(tf.equal(base, 0), tf.greater(exponent, 1))
  return tf.mul(tf.where(vanishes, tf.clipByValue(dy, -1, 1), dy), known)
}

/** y log a, and 0 for 0^b with b ≥ 0, as in PyTorch. NaN where a is negative, since y is NaN unless b is an integer. */
function powExponent(dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const still = tf.logicalAnd(tf.equal(a, 0), tf.greaterEqual(b, 0))
  const slope = tf.mul(y, tf.log(floats(a)))
  return tf.mul(dy, tf.where(still, tf.zerosLike(slope), slope))
}

/** The gradient of an angle by a coordinate; 0 at the origin, as in PyTorch. */
function turn(dy: tf.Tensor, other: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const square = tf.add(tf.square(floats(a)), tf.square(floats(b)))
  const share = tf.mul(dy, tf.div(floats(other), square))
  return tf.where(tf.equal(square, 0), tf.zerosLike(share), share)
}

/**
 * Kernels of two operands for which tfjs has no gradient with broadcasting, or one that differs from PyTorch's at
 * edges.
 */
export const binaryGradients: readonly tf.GradConfig[] = [
  extreme('Maximum', tf.greater),
  extreme('Minimum', tf.less),
  ofTwo('SquaredDifference', { a: twice, b: (dy, a, b) => twice(dy, b, a) }),
  ofTwo('Atan2', { a: (dy, a, b) => turn(dy, b, a, b), b: (dy, a, b) => tf.neg(turn(dy, a, a, b)) }),
  ofTwo('Pow', { a: powBase, b: powExponent }, true),
  {
    kernelName: 'RealDiv',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor]
      return {
        a: () => sumTo(divided(dy as tf.Tensor, floats(b)), a.shape),
        b: () => tf.neg(divided(sumTo(tf.mul(dy as tf.Tensor, floats(a)), b.shape), floats(tf.square(b)))),
      }
    },
  },
  {
    kernelName: 'Select',
    inputsToSave: ['condition'],
    gradFunc: (dy, [condition]) => {
      const y = dy as tf.Tensor
      const zeros = () => tf.zerosLike(y)
      return {
        condition: () => tf.zeros(condition!.shape),
        t: () => tf.where(condition!, y, zeros()),
        e: () => tf.where(condition!, zeros(), y),
      }
    },
  },
]
