import { concatenate, type NDArray, rows } from '@cascade-diffusion/arrays'
import { CascadeError, checkInteger, checkOptions as checkKeys, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { checkLevel, defaultLevel } from '@cascade-diffusion/conditioning-augmentation'
import type { Rng } from '@cascade-diffusion/random'
import { type Cascade, checkCascade, checkChain, chosenLevels } from '../cascade/cascade.ts'
import type { TrainedStage } from '../stage/load-stage.ts'
import { checkConditions, type Labels, labelsOf } from './check-conditions.ts'
import { checkRng } from './check-sampling.ts'
import { type StageSampler, type StageSamplerOptions, stageSampler } from './stage-sampler.ts'

/** Options of {@link CascadeSampler.sample}. */
export interface CascadeSampleOptions {
  readonly count: number
  /** The class of each image, by index or by name; only of a class-conditional cascade. */
  readonly labels?: Labels
  /**
   * s of each super-resolution stage, in order. Default: the levels of the cascade; for a list of trained stages the
   * least of each augmentation, nearly always 0, none.
   */
  readonly levels?: readonly number[]
  readonly rng: Rng
  /** The number of images sampled at a time. It affects memory, not the images. Default 50. */
  readonly batchSize?: number
  /** Called when a batch of a stage is finished. */
  readonly progress?: (progress: { stage: string; done: number; count: number }) => void
  /** Ends sampling before its next step, with an error of code `interrupted`. */
  readonly signal?: AbortSignal
}

const sampleKeys: KnownKeys<CascadeSampleOptions> = {
  count: true,
  labels: true,
  levels: true,
  rng: true,
  batchSize: true,
  progress: true,
  signal: true,
}

/** A cascade that is ready to sample. Sampling throws before its first step if the options do not fit every stage. */
export interface CascadeSampler {
  readonly stages: readonly StageSampler[]
  /** The images of every stage, the base's first: Algorithm 2 of the paper, non-truncated. */
  sample(options: CascadeSampleOptions): Promise<NDArray<'float32'>[]>
  /** The images of one stage, from those of the stage below. */
  sampleStage(index: number, options: CascadeSampleOptions, lowRes?: NDArray<'float32'>): Promise<NDArray<'float32'>>
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

/**
 * Makes a sampler of trained stages, of which each super-resolves the images of the one before it.
 * @param cascade a cascade, whose stages have a sampling and a level; or a list of trained stages.
 * @param options for a cascade, only `compile`; for a list, the options of all stages, or a list with the options of
 * each.
 * @throws if a stage does not take the images of the one before it, two stages have the same name, or the list of
 * options has another length.
 */
export function cascadeSampler(cascade: Cascade, options: Pick<StageSamplerOptions, 'compile'>): CascadeSampler
export function cascadeSampler(
  stages: readonly TrainedStage[],
  options: StageSamplerOptions | readonly StageSamplerOptions[],
): CascadeSampler
export function cascadeSampler(
  given: Cascade | readonly TrainedStage[],
  options: Pick<StageSamplerOptions, 'compile'> | StageSamplerOptions | readonly StageSamplerOptions[],
): CascadeSampler {
  if (isCascade(given)) {
    checkCascade('cascade', given)
    checkKeys('cascade', options as Pick<StageSamplerOptions, 'compile'>, { compile: true })
    const { compile } = options as Pick<StageSamplerOptions, 'compile'>
    const each = given.stages.map(({ sampling }) => ({ ...sampling, compile }))
    return joined(given.stages, each, chosenLevels(given))
  }
  if (!Array.isArray(given))
    throw new CascadeError('input', `cascade: expected a cascade or a list of trained stages, got ${shown(given)}`)
  checkChain('cascade', given)
  const each = isList(options) ? options : given.map(() => options as StageSamplerOptions)
  if (each.length !== given.length)
    throw new CascadeError('input', `cascade: expected options for each of ${given.length} stages, got ${each.length}`)
  return joined(given, each, [])
}

/** @param chosen the default level of each super-resolution stage; that of its augmentation where it is missing. */
function joined(
  stages: readonly TrainedStage[],
  options: readonly StageSamplerOptions[],
  chosen: readonly number[],
): CascadeSampler {
  const samplers = stages.map((stage, i) => stageSampler(stage, options[i] as StageSamplerOptions))

  const sampleStage: CascadeSampler['sampleStage'] = async (index, options, lowRes) => {
    checkOptions(stages, options)
    const { count, levels = chosen, rng, batchSize = 50, progress, signal } = options
    const sampler = samplers[index]
    if (!sampler)
      throw new CascadeError('input', `cascade: expected a stage from 0 to ${samplers.length - 1}, got ${shown(index)}`)
    const { stage } = sampler
    const { name } = stage
    const level =
      stage.kind === 'super-resolution' ? (levels[index - 1] ?? defaultLevel(stage.augmentation)) : undefined
    const labels = checkConditions(stage, { count, labels: options.labels, lowRes, level })
    const parts: NDArray<'float32'>[] = []
    for (let from = 0; from < count; from += batchSize) {
      const to = Math.min(count, from + batchSize)
      const batch = await sampler.sample({
        count: to - from,
        rng: rng.fold(name),
        firstIndex: from,
        labels: labels && rows(labels, from, to),
        lowRes: lowRes && rows(lowRes, from, to),
        level,
        signal,
      })
      parts.push(batch)
      progress?.({ stage: name, done: to, count })
    }
    return concatenate(parts)
  }

  return {
    stages: samplers,
    sampleStage,
    async sample(options) {
      const images: NDArray<'float32'>[] = []
      for (const i of samplers.keys()) images.push(await sampleStage(i, options, images[i - 1]))
      return images
    },
    async dispose() {
      await Promise.all(samplers.map((s) => s.dispose()))
    },
  }
}

const isList = (options: unknown): options is readonly StageSamplerOptions[] => Array.isArray(options)

const isCascade = (given: unknown): given is Cascade => typeof given === 'object' && given !== null && 'stages' in given

function checkOptions(stages: readonly TrainedStage[], options: CascadeSampleOptions): void {
  checkKeys('cascade', options, sampleKeys)
  const { count, labels, levels, batchSize = 50, rng } = options
  checkRng('cascade', rng)
  for (const [name, value] of Object.entries({ count, batchSize })) checkInteger('cascade', name, value, { from: 1 })
  if (levels !== undefined && levels?.length !== stages.length - 1)
    throw new CascadeError(
      'input',
      `cascade: expected ${stages.length - 1} levels, one for each super-resolution stage, got ${shown(levels)}`,
    )
  for (const [i, { stage }] of stages.entries()) {
    labelsOf(stage, count, labels)
    if (stage.kind === 'super-resolution')
      checkLevel(stage.augmentation, levels?.[i - 1] ?? defaultLevel(stage.augmentation), `stage '${stage.name}'`)
  }
}
