import { type DiffusionModel, evaluateNetwork, noiseInputAt, qSample } from '@cascade-diffusion/diffusion'
import { mean, type Scalar, squaredDifference, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'

/** What a loss is taken on: N examples, each with its own step and noise. */
export interface LossInput<C> {
  /** Images [N,H,W,C] in [-1, 1]. */
  readonly x0: Tensor4D
  /** The step of each image, int32 [N], 0 … T-1. */
  readonly t: Tensor1D
  /** Standard normal noise [N,H,W,C]. */
  readonly epsilon: Tensor4D
  /** What the network is given besides. */
  readonly condition: C
}

/**
 * The simple loss (DDPM, equation 14) of each example, [N]: the mean over an image's values of (ε - ε_θ(x_t, t))².
 * A traceable function of tensors, differentiable in what the network closes over.
 * @throws if the network's output has not the shape of `x0`.
 */
export function simpleLossPerExample<C>(
  model: DiffusionModel<C>,
  { x0, t, epsilon, condition }: LossInput<C>,
): Tensor1D {
  const xt = qSample(model.process.schedule, x0, t, epsilon)
  const { prediction } = evaluateNetwork(model, xt, noiseInputAt(model.process, t), condition)
  return mean(squaredDifference(epsilon, prediction), [1, 2, 3])
}

/** The simple loss, averaged over all values of all examples: {@link simpleLossPerExample}'s mean. */
export function simpleLoss<C>(model: DiffusionModel<C>, input: LossInput<C>): Scalar {
  return mean(simpleLossPerExample(model, input))
}
