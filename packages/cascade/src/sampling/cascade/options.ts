import type { NDArray } from '@cascade-diffusion/arrays'
import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOptions,
  checkSignal,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import { checkRng } from '../stage/check-sampling.ts'
import type { Labels } from '../stage/stage-sampler-options.ts'

/**
 * How a super-resolution stage's small images are augmented in sampling: the level s, or s and whether the stage below
 * is truncated at it (paper, Section 3.2) rather than finished and augmented anew (Section 3.3). What is left out is that
 * of the cascade.
 */
export type StageLevel = number | { readonly level?: number; readonly truncated?: boolean }

/** Options of {@link CascadeSampler.sample} and {@link CascadeSampler.stream}. */
export interface CascadeSampleOptions {
  /** The number of images. Default: the number of images in `lowRes`. */
  readonly count?: number
  /**
   * The class of each image, by index or by name, `count` of them; or `'balanced'`, the classes in turn by the image's
   * place in the whole set; or `'uniform'`, drawn by place from `rng.fold('labels')`. Only of a cascade with a
   * class-conditional stage, and needed if one is sampled.
   */
  readonly labels?: Labels | 'balanced' | 'uniform'
  /** The class of every image, by index or by name, in place of `labels`. */
  readonly label?: number | string
  /**
   * s of the super-resolution stages: one entry for each in the cascade, in order; or a record by their names, for some
   * of them. Default: the levels of the cascade.
   */
  readonly levels?: readonly StageLevel[] | Readonly<Record<string, StageLevel>>
  readonly rng: Rng
  /**
   * The number of images sampled at a time. It affects memory and speed; the images only by rounding, since a compiled
   * network rounds in another way in a batch of another size. Default 50.
   */
  readonly batchSize?: number
  /** The place of the first image in the whole set. Default 0. A later place resumes a set. */
  readonly firstIndex?: number
  /**
   * The name of the first stage to sample. Default: the first; with `lowRes`, the first that takes images of their
   * size, or else the first that takes larger images than those it was trained on.
   */
  readonly from?: string
  /** The images that the first stage to sample super-resolves: float32 [count,h,w,C] in [-1, 1]. */
  readonly lowRes?: NDArray<'float32'>
  /**
   * Whether `lowRes` is augmented already, to the level of the stage that takes it: z_s of a truncated stage. Default
   * false: finished images, to which the stage's augmentation is applied even if the cascade truncates there.
   */
  readonly augmented?: boolean
  /** The name of the last stage to sample. Default: the last. */
  readonly to?: string
  /** Called when a batch of a stage is finished: `done` of the run's images, of `count`. */
  readonly progress?: (progress: { stage: string; done: number; count: number }) => void
  /** Called after each step of a stage: `step` of `steps` are done, of the batch that begins at the image `done`. */
  readonly stepProgress?: (progress: {
    readonly stage: string
    readonly step: number
    readonly steps: number
    readonly done: number
    readonly count: number
  }) => void
  /** Ends sampling before its next step, with an error of code `interrupted`. */
  readonly signal?: AbortSignal
}

/** The names of {@link CascadeSampleOptions}. */
export const sampleKeys: KnownKeys<CascadeSampleOptions> = {
  count: true,
  labels: true,
  label: true,
  levels: true,
  rng: true,
  batchSize: true,
  firstIndex: true,
  from: true,
  lowRes: true,
  augmented: true,
  to: true,
  progress: true,
  stepProgress: true,
  signal: true,
}

/** Some images of a run, which have been through every sampled stage. */
export interface CascadeBatch {
  /** The place of the first image in the whole set. */
  readonly firstIndex: number
  readonly count: number
  /** The classes, int32 [count]; undefined without labels. */
  readonly labels: NDArray<'int32'> | undefined
  /** The names of the sampled stages, in order. */
  readonly stages: readonly string[]
  /**
   * The images of each of them, float32 [count,H,W,C]. Those of a stage that the next one truncates are its z_s, not
   * finished images.
   */
  readonly images: readonly NDArray<'float32'>[]
}

/**
 * @throws if an option is unknown, or the key, a count or a flag is invalid. What depends on the stages is not checked.
 */
export function checkCascadeOptions(options: CascadeSampleOptions): void {
  const where = 'cascade'
  checkOptions(where, options, sampleKeys)
  const { count, batchSize = 50, firstIndex = 0, lowRes, augmented, rng, progress, stepProgress, signal } = options
  checkRng(where, rng)
  if (count !== undefined || lowRes === undefined) checkInteger(where, 'count', count, { from: 1 })
  checkInteger(where, 'batchSize', batchSize, { from: 1 })
  checkInteger(where, 'firstIndex', firstIndex, { from: 0 })
  if (progress !== undefined) checkFunction(where, 'progress', progress)
  if (stepProgress !== undefined) checkFunction(where, 'stepProgress', stepProgress)
  if (signal !== undefined) checkSignal(where, signal)
  if (augmented !== undefined && typeof augmented !== 'boolean')
    throw new CascadeError('input', `${where}: expected augmented, true or false, got ${shown(augmented)}`)
  if (augmented && lowRes === undefined)
    throw new CascadeError('input', `${where}: expected lowRes, images that are augmented already, got none`)
}
