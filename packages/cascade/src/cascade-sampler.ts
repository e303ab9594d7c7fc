import { concatenate, type NDArray, rows } from '@cascade-diffusion/arrays'
import type { Rng } from '@cascade-diffusion/random'
import type { TrainedStage } from './load-stage.ts'
import { type StageSampler, type StageSamplerOptions, stageSampler } from './stage-sampler.ts'

export interface CascadeSampleOptions {
  readonly count: number
  /** The class of each image, int32 [count]; only of a class-conditional cascade. */
  readonly labels?: NDArray<'int32'>
  /** s of each super-resolution stage, in order. Default 0: no augmentation. */
  readonly levels?: readonly number[]
  readonly rng: Rng
  /** Images sampled at a time; it changes the memory that is needed, not the images. Default 50. */
  readonly batchSize?: number
  /** Called as images of a stage are finished. */
  readonly progress?: (progress: { stage: string; done: number; count: number }) => void
  readonly signal?: AbortSignal
}

/** Trained stages, joined to a cascade. */
export interface CascadeSampler {
  readonly stages: readonly StageSampler[]
  /** The images of every stage, the base's first: Algorithm 2 of the paper, non-truncated. */
  sample(options: CascadeSampleOptions): Promise<NDArray<'float32'>[]>
  /** The images of one stage, from those of the stage below. */
  sampleStage(index: number, options: CascadeSampleOptions, lowRes?: NDArray<'float32'>): Promise<NDArray<'float32'>>
  dispose(): Promise<void>
}

/**
 * Joins trained stages: each enlarges what the one before it made.
 * @param options of every stage, or of each.
 * @throws if the stages do not follow on one another.
 */
export function cascadeSampler(
  stages: readonly TrainedStage[],
  options: StageSamplerOptions | readonly StageSamplerOptions[],
): CascadeSampler {
  checkChain(stages)
  const optionsOf = (i: number) => (Array.isArray(options) ? options[i] : options) as StageSamplerOptions
  const samplers = stages.map((stage, i) => stageSampler(stage, optionsOf(i)))

  const sampleStage: CascadeSampler['sampleStage'] = async (index, options, lowRes) => {
    const { count, labels, levels = [], rng, batchSize = 50, progress, signal } = options
    const sampler = samplers[index] as StageSampler
    const { name, kind } = sampler.stage
    const parts: NDArray<'float32'>[] = []
    for (let from = 0; from < count; from += batchSize) {
      const to = Math.min(count, from + batchSize)
      const batch = await sampler.sample({
        count: to - from,
        rng: rng.fold(name),
        firstIndex: from,
        ...(labels && { labels: rows(labels, from, to) }),
        ...(lowRes && { lowRes: rows(lowRes, from, to) }),
        ...(kind === 'super-resolution' && { level: levels[index - 1] ?? 0 }),
        ...(signal && { signal }),
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

function checkChain(stages: readonly TrainedStage[]): void {
  if (stages.length === 0) throw new Error('cascade: expected at least one stage, got none')
  for (const [i, { stage }] of stages.entries()) {
    const below = stages[i - 1]?.stage
    if (i === 0 && stage.kind !== 'base')
      throw new Error(`cascade: expected a base stage first, got the super-resolution stage '${stage.name}'`)
    if (!below) continue
    if (stage.kind !== 'super-resolution')
      throw new Error(`cascade: expected a super-resolution stage after '${below.name}', got the base '${stage.name}'`)
    if (stage.lowResolution !== below.resolution || stage.imageChannels !== below.imageChannels)
      throw new Error(
        `cascade: stage '${stage.name}' enlarges ${stage.lowResolution}×${stage.lowResolution}×${stage.imageChannels}, ` +
          `but '${below.name}' makes ${below.resolution}×${below.resolution}×${below.imageChannels}`,
      )
    if (String(stage.classNames) !== String(below.classNames))
      throw new Error(
        `cascade: expected the classes of '${below.name}' (${below.classNames ?? 'none'}), got ${stage.classNames ?? 'none'} in '${stage.name}'`,
      )
  }
}
