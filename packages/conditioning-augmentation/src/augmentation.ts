import type { ArraysOf } from '@cascade-diffusion/arrays'
import { checkInteger, checkNumber } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'

/**
 * What an augmentation draws for a batch, as tensors for `apply`. It chooses the names. Each tensor has one row for
 * each image.
 */
export type AugmentationDraw = {
  /**
   * What the network is conditioned on, [n]: the level s of each image as int32, or any number that stands for it as
   * float32, such as a log-SNR. It is present if and only if the network is conditioned on it.
   */
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
  /** s of all images, from `minLevel` to `maxLevel`: for sampling. Default: random levels, as in training. */
  readonly level?: number
  /**
   * The place of the first image in the whole set. Default 0. The draw of an image depends only on the key and its
   * place.
   */
  readonly firstIndex?: number
}

/** The noise of z_s = alpha z + sigma ε, where alpha² + sigma² = 1. */
export interface LevelNoise {
  /** The factor of the image. */
  readonly alpha: number
  /** The factor of the noise. */
  readonly sigma: number
}

/**
 * How a super-resolution model's low-resolution input z is corrupted, in training and in sampling (Cascaded Diffusion
 * Models, section 3). The strength is a level, the paper's s, from `minLevel` to `maxLevel`; 0 is no augmentation.
 * `draw` makes all random numbers on the host. `apply` uses them on tensors.
 * @typeParam D the tensors that it draws: a type such as `{ level: Tensor1D; noise: Tensor4D }`.
 */
export interface ConditioningAugmentation<D extends AugmentationDraw = AugmentationDraw> {
  /** Its name in configurations and errors. */
  readonly name: string
  /** The least level in sampling, and the default. Default 0, no augmentation. */
  readonly minLevel?: number
  /** The greatest level in sampling; 0 if samples are never augmented. */
  readonly maxLevel: number
  /** Whether levels between whole numbers are allowed. Default false. */
  readonly continuous?: boolean
  /**
   * Of an augmentation by a variance-preserving forward process: the noise at a level. Truncated sampling needs it,
   * since the stage before it then stops at this noise.
   */
  noiseLevel?(level: number): LevelNoise
  /** Draws what one batch needs, for training or for a given level. A pure function. */
  draw(options: DrawOptions): ArraysOf<D>
  /**
   * The corrupted images, of the shape of z: a traceable function of tensors. The draw for level 0 gives z itself.
   * @param z low-resolution images [n, h, w, C] in [-1, 1].
   */
  apply(z: Tensor4D, drawn: D): Tensor4D
}

/** The levels of an augmentation. */
export type Levels = Pick<ConditioningAugmentation, 'name' | 'minLevel' | 'maxLevel' | 'continuous'>

/** The level of sampling without a choice: the least. */
export const defaultLevel = ({ minLevel = 0 }: Pick<Levels, 'minLevel'>): number => minLevel

/**
 * Checks and returns a level for sampling. Levels are checked here, on the host, since {@link
 * ConditioningAugmentation.apply} takes tensors, whose values a compiled function cannot read.
 * @param where who asks, for the error: `stage 'large'`.
 * @throws if it is not from the augmentation's `minLevel` to its `maxLevel`, or not an integer, unless its levels are
 * `continuous`.
 */
export function checkLevel(
  { name, minLevel = 0, maxLevel, continuous = false }: Levels,
  level: number,
  where = 'checkLevel',
): number {
  const check = continuous ? checkNumber : checkInteger
  return check(where, `a level s of ${name}`, level, { from: minLevel, to: maxLevel })
}
