import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'

/**
 * How a super-resolution model's low-resolution input z is corrupted, in training and in sampling (Cascaded Diffusion
 * Models, section 3). The strength is a level, the paper's s: an integer from 0, none, to `maxLevel`.
 */
export interface ConditioningAugmentation {
  /** What configuration files and errors call it. */
  readonly name: string
  /** The greatest level; 0 means none. */
  readonly maxLevel: number
  /** Whether the network is told the level of each image, so that one model serves all levels. */
  readonly embedsLevel: boolean
  /** A level for each of n training examples, int32 [n], drawn on the host. */
  sampleLevels(n: number, rng: Rng): NDArray<'int32'>
  /**
   * The corrupted images: a traceable function of tensors. Level 0 gives z itself.
   * @param z low-resolution images [N,h,w,C] in [-1, 1].
   * @param level the level of each image, int32 [N].
   * @param noise standard normal noise [N,h,w,C].
   */
  apply(z: Tensor4D, level: Tensor1D, noise: Tensor4D): Tensor4D
}

/**
 * Gives back a level to sample with, once checked. Levels are checked here, on the host, because {@link
 * ConditioningAugmentation.apply} sees tensors, whose values a compiled function cannot look at.
 * @throws if it is not an integer from 0 to the augmentation's `maxLevel`.
 */
export function checkLevel({ name, maxLevel }: ConditioningAugmentation, level: number): number {
  if (!(Number.isInteger(level) && level >= 0 && level <= maxLevel))
    throw new CascadeError(
      'input',
      `${name}: expected an augmentation level (s) that is an integer from 0 to ${maxLevel}, got ${level}`,
    )
  return level
}
