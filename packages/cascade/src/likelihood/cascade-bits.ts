import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import { checkFunction, checkInteger, checkOptions, type KnownKeys, throwIfAborted } from '@cascade-diffusion/checks'
import { type ImageSource, readBatch } from '@cascade-diffusion/data'
import { type BitsPerDim, cascadeElbo } from '@cascade-diffusion/losses'
import type { Rng } from '@cascade-diffusion/random'
import type { Cascade } from '../cascade/cascade.ts'
import type { CascadeSampleOptions } from '../sampling/cascade/options.ts'
import { checkRng } from '../sampling/stage/check-sampling.ts'
import type { SuperResolutionStage } from '../stage/stage.ts'
import { smallImages, stageImages } from '../training/training-images.ts'
import { stageBits } from './stage-bits.ts'
import { type StagePlan, stagePlans } from './stage-plans.ts'

/** Options of {@link cascadeBits}. */
export interface CascadeBitsOptions {
  /**
   * Real images, such as a test set: at least as large as the last stage's and of the same aspect ratio. They are
   * resized by averaging areas; the images of each lower stage are made of those above it, as in training.
   */
  readonly dataset: ImageSource
  /** The number of images to evaluate, the first of the data set. Default: all. */
  readonly count?: number
  /**
   * s of the super-resolution stages, and whether the stage below is truncated at it, as in sampling. Default: those of
   * the cascade.
   */
  readonly levels?: CascadeSampleOptions['levels']
  /** The noise of an image depends on this key and on the image's place in the data set. */
  readonly rng: Rng
  /** `jit`, or `eager`. */
  readonly compile: Compile
  /** The number of images evaluated at a time. Default 50. */
  readonly batchSize?: number
  /** Called when a batch of a stage is finished: `done` of `count` images. */
  readonly progress?: (progress: { stage: string; done: number; count: number }) => void
  /** Ends the evaluation before its next step, with an error of code `interrupted`. */
  readonly signal?: AbortSignal
}

const keys: KnownKeys<CascadeBitsOptions> = {
  dataset: true,
  count: true,
  levels: true,
  rng: true,
  compile: true,
  batchSize: true,
  progress: true,
  signal: true,
}

/** The part of the bound that one stage adds, on average over the images. */
export interface StageBits extends Omit<StagePlan, 'stage' | 'params' | 'processX0'> {
  readonly name: string
  /** Bits of an image. */
  readonly bits: number
  /** Bits per dimension of the stage's own images. */
  readonly perDim: number
}

/** The bound of a cascade on real images. */
export interface CascadeBits {
  /** Bits per dimension of the last stage's images, on average over the images. */
  readonly perDim: number
  /** The standard error of that average: what other images would change. */
  readonly standardError: number
  /** Bits per dimension of each image, [count]. */
  readonly images: Float64Array
  /** The stages, in order. Their bits add up to those of the cascade. */
  readonly stages: readonly StageBits[]
}

/**
 * The negative evidence lower bound of a cascade on real images (Ho et al. 2021, equation 3), in bits per dimension: an
 * upper bound of their negative log-likelihood. Each stage adds its bound: down to the data; or if the next one
 * truncates it, down to that one's s. A super-resolution stage is conditioned on real small images that are augmented to
 * its level, z_s ~ q(z_s | z_0), and on the level.
 *
 * It evaluates all steps of the processes of training, without guidance, and with predicted images processed as in
 * sampling.
 * @throws before the first step if an option is missing, unknown or wrong; a stage is no diffusion model, or in
 * continuous time; a level or the truncation of a stage is not possible; or the images do not fit.
 */
export async function cascadeBits(cascade: Cascade, options: CascadeBitsOptions): Promise<CascadeBits> {
  const where = 'cascadeBits'
  checkOptions(where, options, keys)
  const { dataset, rng, compile, batchSize = 50, progress, signal } = options
  const plans = stagePlans(where, cascade, options.levels)
  const images = stageImages((plans.at(-1) as StagePlan).stage, dataset)
  for (const { stage } of plans.slice(0, -1)) stageImages(stage, dataset)
  const count = checkInteger(where, 'count', options.count ?? dataset.count, { from: 1, to: dataset.count })
  checkRng(where, rng)
  checkFunction(where, 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  checkInteger(where, 'batchSize', batchSize, { from: 1 })
  if (progress !== undefined) checkFunction(where, 'progress', progress)

  const evaluators = plans.map((plan) => stageBits(plan, compile))
  const perImage: number[] = []
  const sums = plans.map(() => 0)
  try {
    for (let from = 0; from < count; from += batchSize) {
      throwIfAborted(signal, where)
      const to = Math.min(count, from + batchSize)
      const batch = await readBatch(
        images,
        Array.from({ length: to - from }, (_, i) => from + i),
      )
      const results: BitsPerDim[] = []
      const real = imagesOfStages(plans, batch.image)
      for (const [i, x0] of real.entries()) {
        const { stage } = plans[i] as StagePlan
        const result = await (evaluators[i] as ReturnType<typeof stageBits>).evaluate({
          x0,
          label: stage.classNames && batch.label,
          lowRes: real[i - 1],
          rng: rng.fold(stage.name),
          firstIndex: from,
          signal,
        })
        results.push(result)
        sums[i]! += result.total.reduce((sum, bits) => sum + bits * result.dimensions, 0)
        progress?.({ stage: stage.name, done: to, count })
      }
      perImage.push(...cascadeElbo(results).perDim)
    }
  } finally {
    await Promise.all(evaluators.map((evaluator) => evaluator.dispose()))
  }
  const perDim = perImage.reduce((sum, bits) => sum + bits, 0) / count
  const squares = perImage.reduce((sum, bits) => sum + (bits - perDim) ** 2, 0)
  return {
    perDim,
    standardError: Math.sqrt(squares / Math.max(count - 1, 1) / count),
    images: Float64Array.from(perImage),
    stages: plans.map(({ stage, level, truncated, stop }, i) => {
      const bits = (sums[i] as number) / count
      const [height, width] = stage.size
      return { name: stage.name, level, truncated, stop, bits, perDim: bits / (height * width * stage.imageChannels) }
    }),
  }
}

/** The images of every stage, in the order of the stages: each made of those above it. */
function imagesOfStages(plans: readonly StagePlan[], last: NDArray<'float32'>): NDArray<'float32'>[] {
  const images = [last]
  for (const { stage } of plans.slice(1).reverse())
    images.unshift(smallImages(stage as SuperResolutionStage, images[0] as NDArray<'float32'>))
  return images
}
