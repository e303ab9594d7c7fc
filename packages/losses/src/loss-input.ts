import type { NoiseLevelTensors, Steps } from '@cascade-diffusion/diffusion'
import { mean, mul, type Scalar, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'

/** The input of a loss: N examples with their noise. */
export interface LossInput<C, T extends Steps | NoiseLevelTensors = Tensor1D> {
  /** Images [N,H,W,C] in [-1, 1]. */
  readonly x0: Tensor4D
  /**
   * The step of each image, int32 [N], 0 … T-1; or one for all. The simple loss also takes noise levels in its place,
   * which `noiseLevelArrays` makes on the host: those of times of a continuous process, or between the steps of a
   * discrete one.
   */
  readonly t: T
  /** Standard normal noise [N,H,W,C]. */
  readonly epsilon: Tensor4D
  /** What the network is conditioned on. */
  readonly condition: C
  /**
   * The weight of each example in the average, float32 [N], such as `sampleTimesteps` of `schedules` gives to make up
   * for drawing steps with unequal probabilities. Losses of single examples have no weights. Default 1.
   */
  readonly weights?: Tensor1D
}

/** The average of the losses of examples, [N], each multiplied by its weight. */
export const averageLoss = (losses: Tensor1D, weights?: Tensor1D): Scalar =>
  mean(weights ? mul(losses, weights) : losses)

/** The mean over an image's values: [N] of [N,H,W,C]. */
export const meanOverImage = (values: Tensor4D): Tensor1D => mean(values, [1, 2, 3])
