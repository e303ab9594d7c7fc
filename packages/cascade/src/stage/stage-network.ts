import type { NDArray, Params } from '@cascade-diffusion/arrays'
import type { ImageSize } from '@cascade-diffusion/data'
import type { Rng } from '@cascade-diffusion/random'
import type { UNetCondition } from '@cascade-diffusion/unet'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'

/** A network as a function of its weights: a U-Net of `unet`, or a custom network. */
export interface StageNetwork {
  /** Its description in a checkpoint: a JSON value. */
  readonly config: unknown
  /** The shapes of its weights, by name. If they are there, weights are checked before the first step. */
  readonly parameterShapes?: Readonly<Record<string, readonly number[]>>
  /** Initial weights, a pure function of the key. */
  init(rng: Rng): Params<NDArray>
  /**
   * Raw output for noisy images [N,H,W,C], conditioned on `noise` [N] in the unit of the process: C channels, or 2C if
   * the variance is learned. If labels are dropped in training, a label may be -1: no class.
   */
  apply(params: Params<Tensor>, xt: Tensor4D, noise: Tensor1D, condition: UNetCondition): Tensor4D
  /**
   * The network with the same weights for images of another size, larger than in training for instance. Absent: it is
   * for one size only.
   * @throws if there is no such network.
   */
  resized?(size: ImageSize): StageNetwork
}
