import type { Params } from '@cascade-diffusion/arrays'
import { isNDArray, type NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, shown } from '@cascade-diffusion/checks'
import type { Tensor } from '@tensorflow/tfjs-core'
import { tensor } from '@tensorflow/tfjs-core'

/**
 * A network as a function of its weights and inputs: a `UNet`, an `Encoder`, the network of a stage, or a custom one.
 */
export interface WeightedNetwork<Inputs extends unknown[], Out> {
  /** The network as a function of tensors. */
  apply(params: Params<Tensor>, ...inputs: Inputs): Out
  /** The shapes of its weights. `closeOver` checks weights against them. */
  readonly parameterShapes?: Readonly<Record<string, readonly number[]>>
}

/**
 * Binds a network to its weights. The result is a function of tensors. `createSampler`, `denoiser` and the guidances of
 * `diffusion` take it as a network; `jit` and `eager` make it callable with arrays. A compiled program holds the
 * weights once, as constants. An eager call hands them to the backend each time.
 * @param network a `UNet`, such as that of `fromPretrained`.
 * @param params its weights as host arrays. To train them further, pass them to `network.apply` as an argument instead.
 * @throws if the weights are not host arrays, or not those of the network.
 */
export function closeOver<Inputs extends unknown[], Out>(
  network: WeightedNetwork<Inputs, Out>,
  params: Params<NDArray>,
): (...inputs: Inputs) => Out {
  checkFunction('closeOver', 'network.apply', network?.apply, 'of a network such as unet(…)')
  checkWeights(network.parameterShapes ?? {}, params)
  // Tensors are made where they are used: a trace cannot use tensors from outside of it.
  return (...inputs) =>
    network.apply(
      Object.fromEntries(
        Object.entries(params).map(([name, { data, shape, dtype }]) => [name, tensor(data, [...shape], dtype)]),
      ),
      ...inputs,
    )
}

function checkWeights(shapes: Readonly<Record<string, readonly number[]>>, params: Params<NDArray>): void {
  if (typeof params !== 'object' || params === null)
    throw new CascadeError('input', `closeOver: expected weights by name, got ${shown(params)}`)
  for (const [name, value] of Object.entries(params))
    if (!isNDArray(value))
      throw new CascadeError('input', `closeOver: expected host arrays as weights, got ${shown(value)} at '${name}'`)
  for (const [name, shape] of Object.entries(shapes)) {
    const given = params[name]
    if (String(given?.shape) !== String(shape))
      throw new CascadeError(
        'input',
        `closeOver: expected the weight '${name}' of shape [${shape}], got ${given ? `[${given.shape}]` : 'none'}`,
      )
  }
}
