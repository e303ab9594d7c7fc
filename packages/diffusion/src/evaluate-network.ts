import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import type { DiffusionModel } from './process.ts'

/**
 * Calls a model's network and checks that what it gives fits the process's variance.
 * @throws if the output has not the shape of `xt`.
 */
export function evaluateNetwork<C>(
  { network, process }: DiffusionModel<C>,
  xt: Tensor4D,
  noise: Tensor1D,
  condition: C,
): Tensor4D {
  const output = network(xt, noise, condition)
  if (String(output.shape) !== String(xt.shape))
    throw new Error(
      `network: expected an output [${xt.shape}] like x_t, as the variance is ${process.variance}, got [${output.shape}]`,
    )
  return output
}
