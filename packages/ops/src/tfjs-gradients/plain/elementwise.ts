import * as tf from '@tensorflow/tfjs-core'
import { floats } from '../operands.ts'

/** A function of one operand, by the gradient `d` that comes in and the operand. */
const ofInput = (kernelName: string, slope: (d: tf.Tensor, x: tf.Tensor) => tf.Tensor): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({ x: () => slope(dy as tf.Tensor, x!) }),
})

/** A function of one operand, by the gradient `d` that comes in and the result. */
const ofResult = (kernelName: string, slope: (d: tf.Tensor, y: tf.Tensor) => tf.Tensor): tf.GradConfig => ({
  kernelName,
  outputsToSave: [true],
  gradFunc: (dy, [y]) => ({ x: () => slope(dy as tf.Tensor, y!) }),
})

/** A function whose gradient needs neither. */
const ofNothing = (kernelName: string, slope: (d: tf.Tensor) => tf.Tensor): tf.GradConfig => ({
  kernelName,
  gradFunc: (dy) => ({ x: () => slope(dy as tf.Tensor) }),
})

const { SELU_SCALE, SELU_SCALEALPHA } = tf.backend_util

export const elementwiseGradients: readonly tf.GradConfig[] = [
  ofInput('Acos', (d, x) => tf.neg(tf.div(d, tf.sqrt(tf.sub(1, tf.square(floats(x))))))),
  ofInput('Acosh', (d, x) => tf.div(d, tf.sqrt(tf.sub(tf.square(floats(x)), 1)))),
  ofInput('Asin', (d, x) => tf.div(d, tf.sqrt(tf.sub(1, tf.square(floats(x)))))),
  ofInput('Asinh', (d, x) => tf.div(d, tf.sqrt(tf.add(1, tf.square(floats(x)))))),
  ofInput('Atan', (d, x) => tf.div(d, tf.add(tf.square(floats(x)), 1))),
  ofInput('Atanh', (d, x) => tf.div(d, tf.sub(1, tf.square(floats(x))))),
  ofInput('Cos', (d, x) => tf.mul(tf.neg(tf.sin(floats(x))), d)),
  ofInput('Cosh', (d, x) => tf.mul(tf.sinh(floats(x)), d)),
  ofInput('Erf', (d, x) => tf.mul(d, tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)))),
  ofInput('Expm1', (d, x) => tf.mul(d, tf.exp(x))),
  ofInput('Log', (d, x) => tf.div(d, floats(x))),
  ofInput('Log1p', (d, x) => tf.div(d, tf.add(x, 1))),
  ofInput('Reciprocal', (d, x) => tf.div(d, tf.neg(tf.square(x)))),
  ofInput('Relu', (d, x) => tf.mul(d, floats(tf.step(x)))),
  ofInput('Rsqrt', (d, x) => tf.neg(tf.div(d, tf.mul(tf.pow(x, 1.5), 2)))),
  ofInput('Selu', (d, x) =>
    tf.where(tf.greater(x, 0), tf.mul(d, SELU_SCALE), tf.mul(tf.mul(d, SELU_SCALEALPHA), tf.exp(floats(x)))),
  ),
  ofInput('Sin', (d, x) => tf.mul(tf.cos(floats(x)), d)),
  ofInput('Sinh', (d, x) => tf.mul(tf.cosh(floats(x)), d)),
  ofInput('Softplus', (d, x) => tf.mul(d, tf.sigmoid(x))),
  ofInput('Sqrt', (d, x) => tf.div(d, tf.mul(tf.sqrt(floats(x)), 2))),
  ofInput('Square', (d, x) => tf.mul(d, tf.mul(floats(x), 2))),
  ofInput('Tan', (d, x) => tf.div(d, tf.square(tf.cos(x)))),
  ofResult('Elu', (dy, y) => tf.engine().runKernel('EluGrad', { dy, y }) as tf.Tensor),
  ofResult('Exp', (d, y) => tf.mul(d, y)),
  ofResult('Sigmoid', (d, y) => tf.mul(d, tf.mul(y, tf.sub(1, y)))),
  ofResult('Tanh', (d, y) => tf.mul(tf.sub(1, tf.square(y)), d)),
  ofNothing('Identity', floats),
  ofNothing('Neg', tf.neg),
  ofNothing('OnesLike', tf.zerosLike),
  ofNothing('ZerosLike', tf.zerosLike),
  {
    kernelName: 'LeakyRelu',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { alpha }) => ({
      x: () => tf.where(tf.greater(x!, 0), dy as tf.Tensor, tf.mul(dy as tf.Tensor, alpha as number)),
    }),
  },
]
