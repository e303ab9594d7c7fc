import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, checkInteger, shown } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import { checkSearch, type SearchOptions, type SearchProgress } from '@cascade-diffusion/schedules'
import type { Cascade } from '../cascade/cascade.ts'
import { checkCascade } from '../cascade/cascade.ts'
import type { CascadeSampleOptions } from '../sampling/cascade/options.ts'
import { checkRng } from '../sampling/stage/check-sampling.ts'

/** What a cascade samples with the choices of a candidate, for `evaluate`. */
export interface CandidateImages {
  /** The images of the last stage, float32 [count,H,W,C] in [-1, 1]. */
  readonly images: NDArray<'float32'>
  /** Their classes, int32 [count]; undefined without labels. */
  readonly labels: NDArray<'int32'> | undefined
  /** The images of every stage, by its name. Those of a stage that the next one truncates are its z_s. */
  readonly imagesOf: Readonly<Record<string, NDArray<'float32'>>>
}

/** The options of every search over a cascade. C is a candidate, E its evaluation: figures, or just a number. */
export interface CascadeSearchOptions<C, E = number> extends Omit<SearchOptions<C, E>, 'evaluate'> {
  /** How functions are run: `jit`, or `eager`. */
  readonly compile: Compile
  /** The number of images of each candidate. */
  readonly count: number
  /** Their classes; only of a cascade with a class-conditional stage. */
  readonly labels?: CascadeSampleOptions['labels']
  /** The key of the noise, which is the same for all candidates. */
  readonly rng: Rng
  /**
   * The number of images sampled at a time. It affects memory and speed; the images only by rounding, since a compiled
   * network rounds in another way in a batch of another size. Default 50.
   */
  readonly batchSize?: number
  /** Evaluates the images of a candidate: by any metric. */
  evaluate(candidate: C & CandidateImages, options: { readonly signal?: AbortSignal }): E | Promise<E>
  /** What the objective is, for the table and the chart: `FID`. Default `objective`. */
  readonly measure?: string
  /**
   * Where the search keeps what is finished, and its table and chart. Run again with the same folder, it resumes:
   * finished trials are not evaluated again, and images that several candidates start from are read. Such evaluations
   * are JSON values. Default: only in memory.
   */
  readonly folder?: string
  /** Called after each trial. */
  progress?(progress: SearchProgress<C, E>): void
  /** Called when a batch of images of a stage is finished. */
  readonly samplingProgress?: CascadeSampleOptions['progress']
}

/** The options that say what is sampled. */
export type SearchedSamples = Omit<CascadeSearchOptions<unknown>, 'evaluate' | 'objective' | 'progress'>

const own = {
  compile: true,
  count: true,
  labels: true,
  rng: true,
  batchSize: true,
  measure: true,
  folder: true,
  samplingProgress: true,
} as const

/**
 * Checks the options of every search over a cascade, and the cascade.
 * @param others the names of the options of this search alone.
 * @throws if an option is unknown, missing or of the wrong type, or the cascade is invalid.
 */
export function checkCascadeSearch(
  where: string,
  cascade: Cascade,
  options: SearchedSamples,
  others: Readonly<Record<string, true>>,
): void {
  checkCascade(where, cascade)
  checkSearch(where, options, { ...own, ...others })
  const { compile, count, batchSize = 50, rng, measure, folder, samplingProgress } = options
  checkFunction(where, 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  checkInteger(where, 'count', count, { from: 1 })
  checkInteger(where, 'batchSize', batchSize, { from: 1 })
  checkRng(where, rng)
  if (samplingProgress !== undefined) checkFunction(where, 'samplingProgress', samplingProgress)
  for (const [name, value] of Object.entries({ measure, folder }))
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw new CascadeError('input', `${where}: expected ${name}, a text, got ${shown(value)}`)
}
