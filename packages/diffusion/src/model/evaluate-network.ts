import { CascadeError, checkFunction } from '@cascade-diffusion/checks'
import { split, type Tensor1D, type Tensor4D, tile } from '@tensorflow/tfjs-core'
import { checkImageTensors, checkTensors } from '../checks.ts'
import { type DiffusionModel, learnsVariance, type Schedule } from '../process/process.ts'

/** A network's raw output, split into its parts. */
export interface NetworkOutput {
  /** What the process's `prediction` names, [N,H,W,C]. */
  readonly prediction: Tensor4D
  /** What the process's `variance` names, [N,H,W,C]; only if it is learned. */
  readonly variance?: Tensor4D
}

/**
 * Calls a model's network and checks that the shape of its output fits the process's variance. Traceable.
 * @param noise the noise input that the network is conditioned on, float32 [N], or [1] for all images.
 * @throws unless the output has the shape of `xt`, or, where the variance is learned, that shape with twice the
 * channels.
 */
export function evaluateNetwork<C>(
  { network, process }: DiffusionModel<C, Schedule>,
  xt: Tensor4D,
  noise: Tensor1D,
  condition: C,
): NetworkOutput {
  checkFunction(
    'network',
    'a network',
    network,
    'of xt, noise and condition; closeOver(network, params) of @cascade-diffusion/unet makes one',
  )
  checkImageTensors('network', { xt })
  checkTensors('network', { noise })
  const n = xt.shape[0]
  const output = network(xt, noise.shape[0] === n ? noise : tile(noise, [n]), condition)
  return splitOutput(process, output, xt)
}

/**
 * Splits a raw output for `xt` into its parts, as {@link evaluateNetwork} does.
 * @throws if its shape does not fit.
 */
export function splitOutput(
  process: DiffusionModel<unknown, Schedule>['process'],
  output: Tensor4D,
  xt: Tensor4D,
): NetworkOutput {
  checkTensors('network', { 'an output': output })
  const learned = learnsVariance(process)
  const expected = [...xt.shape.slice(0, 3), xt.shape[3] * (learned ? 2 : 1)]
  if (String(output.shape) !== String(expected))
    throw new CascadeError(
      'input',
      `network: expected an output [${expected}] for x_t [${xt.shape}], as the variance is ${process.variance}, ` +
        `got [${output.shape}]`,
    )
  if (!learned) return { prediction: output }
  const [prediction, variance] = split(output, 2, 3) as Tensor4D[]
  return { prediction: prediction!, variance: variance! }
}
