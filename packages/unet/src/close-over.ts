import type { Params } from '@cascade-diffusion/arrays'
import { isNDArray, type NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, shown } from '@cascade-diffusion/checks'
import type { Tensor } from '@tensorflow/tfjs-core'
import { tensor } from '@tensorflow/tfjs-core'

/** A network as a function of its weights and of what it is shown: a `UNet`, an `Encoder`, a stage's network, or one's own. */
export interface WeightedNetwork<Inputs extends unknown[], Out> {
  /** The network as a function of its weights, which are tensors here. */
  apply(params: Params<Tensor>, ...inputs: Inputs): Out
  /** The shapes of its weights, which are then checked. */
  readonly parameterShapes?: Readonly<Record<string, readonly number[]>>
}

/**
 * Closes a network over its weights: what is left is a function of tensors, such as `createSampler`, `denoiser` and the guidances
 * of `diffusion` take for a network, and `jit` and `eager` make callable with arrays. Compiled, the weights are constants of the
 * program, which share their memory until then and are there once; run eagerly, they are handed to the backend in each call.
 * @param network a `UNet`, say that of `fromPretrained`.
 * @param params its weights as host arrays. Whoever trains on hands them in as an argument instead.
 * @throws if the weights are no host arrays, or not those of the network.
 */
export function closeOver<Inputs extends unknown[], Out>(
  network: WeightedNetwork<Inputs, Out>,
  params: Params<NDArray>,
): (...inputs: Inputs) => Out {
  checkFunction('closeOver', 'network.apply', network?.apply, 'of a network as unet() makes it')
  checkWeights(network.parameterShapes ?? {}, params)
  // Tensors are made where they are used: those from outside of a trace have no place in it.
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
