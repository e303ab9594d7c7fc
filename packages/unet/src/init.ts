import { allocate, type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import type { Rng } from '@cascade-diffusion/random'
import type { ParameterSpec } from './parameters.ts'

/**
 * The first value of a parameter, as PyTorch draws it: kernels and biases uniform within ±1/√fanIn, the table of class embeddings
 * standard normal, positions normal of variance 1/fanIn, normalisations 1 and 0; zeros for the last layer of each residual branch, of each attention and of the network.
 */
export function initial({ shape, start, fanIn }: ParameterSpec, rng: Rng): NDArray<'float32'> {
  if (start === 'normal') {
    const deviation = 1 / Math.sqrt(fanIn)
    return ndarray(
      rng.normal(shape).data.map((z) => deviation * z),
      shape,
    )
  }
  if (start === 'uniform') {
    const bound = 1 / Math.sqrt(fanIn)
    return ndarray(
      rng.uniform(shape).data.map((u) => (2 * u - 1) * bound),
      shape,
    )
  }
  return ndarray(allocate('float32', sizeOf(shape)).fill(start === 'ones' ? 1 : 0), shape)
}
