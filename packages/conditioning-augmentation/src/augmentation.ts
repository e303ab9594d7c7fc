import type { ArraysOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'

/** What an augmentation draws for a batch, as the tensors that it is applied with: names of its choice, one row for each image. */
export type AugmentationDraw = {
  /** The level s of each image, int32 [n]: there if and only if the network is conditioned on it. */
  readonly level?: Tensor1D
  readonly [name: string]: Tensor | undefined
}

/** What {@link ConditioningAugmentation.draw} is given. */
export interface DrawOptions {
  /** Of the low-resolution images: [n, h, w, C]. */
  readonly shape: readonly number[]
  /**
   * The key of the step, or of the run that samples. Everything is drawn from its folds `level` and `augmentation`; the others belong
   * to the rest of the batch.
   */
  readonly rng: Rng
  /** s of all images, from 0, none, to `maxLevel`: for sampling. Default: as in training, at random. */
  readonly level?: number
  /** The place of the first image in the whole set. Default 0. What is drawn for an image depends on the key and its place only. */
  readonly firstIndex?: number
}

/**
 * How a super-resolution model's low-resolution input z is corrupted, in training and in sampling (Cascaded Diffusion
 * Models, section 3). The strength is a level, the paper's s: an integer from 0, none, to `maxLevel`. `draw` makes all random numbers
 * on the host, `apply` uses them on tensors.
 * @typeParam D what it draws, as tensors: a type such as `{ level: Tensor1D; noise: Tensor4D }`.
 */
export interface ConditioningAugmentation<D extends AugmentationDraw = AugmentationDraw> {
  /** What configurations and errors call it. */
  readonly name: string
  /** The greatest level that can be sampled with; 0 if there is none but 0, no augmentation. */
  readonly maxLevel: number
  /** What one batch needs: in training, or at a given level. A pure function. */
  draw(options: DrawOptions): ArraysOf<D>
  /**
   * The corrupted images, like z: a traceable function of tensors. What was drawn for level 0 gives z itself.
   * @param z low-resolution images [n, h, w, C] in [-1, 1].
   */
  apply(z: Tensor4D, drawn: D): Tensor4D
}

/**
 * Gives back a level to sample with, once checked. Levels are checked here, on the host, because
 * {@link ConditioningAugmentation.apply} sees tensors, whose values a compiled function cannot look at.
 * @throws if it is not an integer from 0 to the augmentation's `maxLevel`.
 */
export function checkLevel(
  { name, maxLevel }: Pick<ConditioningAugmentation, 'name' | 'maxLevel'>,
  level: number,
): number {
  if (!(Number.isInteger(level) && level >= 0 && level <= maxLevel))
    throw new CascadeError(
      'input',
      `${name}: expected an augmentation level (s) that is an integer from 0 to ${maxLevel}, got ${level}`,
    )
  return level
}
