import type { ArraysOf } from '@cascade-diffusion/arrays'
import { checkInteger } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'

/**
 * What an augmentation draws for a batch, as tensors for `apply`. It chooses the names. Each tensor has one row for
 * each image.
 */
export type AugmentationDraw = {
  /** The level s of each image, int32 [n]. It is present if and only if the network is conditioned on it. */
  readonly level?: Tensor1D
  readonly [name: string]: Tensor | undefined
}

/** Options of {@link ConditioningAugmentation.draw}. */
export interface DrawOptions {
  /** The shape of the low-resolution images: [n, h, w, C]. */
  readonly shape: readonly number[]
  /**
   * The key of the training step, or of the sampling run. Everything is drawn from its folds `level` and
   * `augmentation`; other folds belong to the rest of the batch.
   */
  readonly rng: Rng
  /** s of all images, from 0, no augmentation, to `maxLevel`: for sampling. Default: random levels, as in training. */
  readonly level?: number
  /**
   * The place of the first image in the whole set. Default 0. The draw of an image depends only on the key and its
   * place.
   */
  readonly firstIndex?: number
}

/**
 * How a super-resolution model's low-resolution input z is corrupted, in training and in sampling (Cascaded Diffusion
 * Models, section 3). The strength is a level, the paper's s: an integer from 0, no augmentation, to `maxLevel`. `draw`
 * makes all random numbers on the host. `apply` uses them on tensors.
 * @typeParam D the tensors that it draws: a type such as `{ level: Tensor1D; noise: Tensor4D }`.
 */
export interface ConditioningAugmentation<D extends AugmentationDraw = AugmentationDraw> {
  /** Its name in configurations and errors. */
  readonly name: string
  /** The greatest level in sampling; 0 if samples are never augmented. */
  readonly maxLevel: number
  /** Draws what one batch needs, for training or for a given level. A pure function. */
  draw(options: DrawOptions): ArraysOf<D>
  /**
   * The corrupted images, of the shape of z: a traceable function of tensors. The draw for level 0 gives z itself.
   * @param z low-resolution images [n, h, w, C] in [-1, 1].
   */
  apply(z: Tensor4D, drawn: D): Tensor4D
}

/**
 * Checks and returns a level for sampling. Levels are checked here, on the host, since {@link
 * ConditioningAugmentation.apply} takes tensors, whose values a compiled function cannot read.
 * @param where who asks, for the error: `stage 'large'`.
 * @throws if it is not an integer from 0 to the augmentation's `maxLevel`.
 */
export function checkLevel(
  { name, maxLevel }: Pick<ConditioningAugmentation, 'name' | 'maxLevel'>,
  level: number,
  where = 'checkLevel',
): number {
  return checkInteger(where, `a level s of ${name}`, level, { from: 0, to: maxLevel })
}
