import type { NDArray, Params } from '@cascade-diffusion/arrays'
import type { Rng } from '@cascade-diffusion/random'
import type { UNetCondition } from '@cascade-diffusion/unet'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'

/** A network as a function of its weights: a U-Net of `unet`, or a custom network. */
export interface StageNetwork {
  /** Its description in a checkpoint: a JSON value. */
  readonly config: unknown
  /** Initial weights, a pure function of the key. */
  init(rng: Rng): Params<NDArray>
  /**
   * Raw output for noisy images [N,H,W,C], conditioned on `noise` [N] in the unit of the process: C channels, or 2C if
   * the variance is learned. If labels are dropped in training, a label may be -1: no class.
   */
  apply(params: Params<Tensor>, xt: Tensor4D, noise: Tensor1D, condition: UNetCondition): Tensor4D
}
