import { allocate, type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import type { ParameterSpec } from './parameters.ts'

/** Initial values of all parameters, each drawn from its own key. @throws if `rng` is not a key. */
export function initialParams(
  specs: readonly (readonly [name: string, spec: ParameterSpec])[],
  rng: Rng,
): Record<string, NDArray<'float32'>> {
  if (typeof rng?.fold !== 'function')
    throw new CascadeError(
      'input',
      `unet: expected a key of random numbers (rng(1) of @cascade-diffusion/random), got ${shown(rng)}`,
    )
  return Object.fromEntries(specs.map(([name, spec]) => [name, initial(spec, rng.fold(name))]))
}

/**
 * The initial value of a parameter, as PyTorch draws it. Kernels and biases are uniform within ±1/√fanIn, class
 * embeddings standard normal, positions normal of variance 1/fanIn, scales 1 and shifts 0. The last layer of each
 * residual branch, of each attention and of the network is zero.
 */
function initial({ shape, start, fanIn }: ParameterSpec, rng: Rng): NDArray<'float32'> {
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
