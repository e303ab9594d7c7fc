import * as tf from '@tensorflow/tfjs-core'
import { runNamedKernel } from './named-kernel.ts'

/**
 * SiLU, also called swish: x · sigmoid(x), element by element, for a float32 tensor of any shape. Runs the kernel
 * `Silu` {x} if the backend has one. Its gradient is then the kernel `SiluGrad` {dy, x}.
 */
export const silu = <T extends tf.Tensor>(x: T): T => (runNamedKernel('Silu', { x }) ?? tf.mul(x, tf.sigmoid(x))) as T

export const siluGradient: tf.GradConfig = {
  kernelName: 'Silu',
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({ x: () => tf.engine().runKernel('SiluGrad', { dy: dy as tf.Tensor, x: x! }) as tf.Tensor }),
}
