import { concatenate, type NDArray, rows } from '@cascade-diffusion/arrays'
import { checkOptions, throwIfAborted } from '@cascade-diffusion/checks'
import { type Cascade, type CascadeStage, checkCascade } from '../../cascade/cascade.ts'
import type { StageSamplerOptions } from '../stage/stage-sampler.ts'
import type { CascadeBatch, CascadeSampleOptions } from './options.ts'
import { type CascadeRun, cascadeRun } from './run.ts'
import { type StageRunner, stageRunner } from './stage-runner.ts'

/** A cascade that is ready to sample. Sampling throws before its first step if the options do not fit every stage. */
export interface CascadeSampler {
  /** The stages of the cascade. */
  readonly stages: readonly CascadeStage[]
  /** The images of every sampled stage, in order (Algorithm 2 of the paper): the batches of `stream`, joined. */
  sample(options: CascadeSampleOptions): Promise<NDArray<'float32'>[]>
  /**
   * Samples batch by batch: each goes through all stages, so memory does not grow with `count`. An image depends on the
   * key, the names of the stages and its place in the whole set, and on nothing else: on the size of its batch by rounding
   * alone. Only stages that are sampled are compiled, when they are first needed.
   */
  stream(options: CascadeSampleOptions): AsyncGenerator<CascadeBatch, void, undefined>
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

/** Options of {@link cascadeSampler}: how a stage is sampled is part of the cascade. */
export type CascadeSamplerOptions = Pick<StageSamplerOptions, 'compile'>

/**
 * Makes a sampler of a cascade, in which each stage takes the images of the one before it.
 * @throws if a stage does not take the images of the one before it, two stages have the same name, or a choice is not
 * valid.
 */
export function cascadeSampler(cascade: Cascade, options: CascadeSamplerOptions): CascadeSampler {
  checkCascade('cascade', cascade)
  checkOptions('cascade', options, { compile: true })
  const { stages } = cascade
  const runners = stages.map((stage) => stageRunner(stage, options.compile))
  const prepared = (options: CascadeSampleOptions): CascadeRun => {
    const run = cascadeRun(stages, options)
    for (const [i, { index, size }] of run.stages.entries()) {
      const [, height, width] = options.lowRes?.shape ?? []
      runners[index]?.prepare(size, run.stages[i - 1]?.size ?? [height as number, width as number])
    }
    return run
  }

  async function* stream(
    run: CascadeRun,
    options: CascadeSampleOptions,
  ): AsyncGenerator<CascadeBatch, void, undefined> {
    const { rng, batchSize = 50, firstIndex = 0, progress, stepProgress, signal } = options
    for (let from = 0; from < run.count; from += batchSize) {
      const to = Math.min(run.count, from + batchSize)
      const place = { count: to - from, firstIndex: firstIndex + from }
      let labels = run.labels(from, to)
      const images: NDArray<'float32'>[] = []
      for (const { index, ...how } of run.stages) {
        const { stage } = stages[index] as CascadeStage
        throwIfAborted(signal, `stage '${stage.name}'`)
        const made = await (runners[index] as StageRunner).run({
          ...place,
          ...how,
          rng: rng.fold(stage.name),
          labels: stage.classNames && labels,
          lowRes: images.at(-1) ?? (options.lowRes && rows(options.lowRes, from, to)),
          progress: stepProgress && ((at) => stepProgress({ stage: stage.name, ...at, done: from, count: run.count })),
          signal,
        })
        labels ??= made.labels
        images.push(made.images)
        progress?.({ stage: stage.name, done: to, count: run.count })
      }
      yield { ...place, labels, stages: run.stages.map(({ index }) => stages[index]?.stage.name as string), images }
    }
  }

  return {
    stages,
    async *stream(options) {
      yield* stream(prepared(options), options)
    },
    async sample(options) {
      const batches: CascadeBatch[] = []
      for await (const batch of stream(prepared(options), options)) batches.push(batch)
      const [first] = batches as [CascadeBatch]
      return first.images.map((_, i) => concatenate(batches.map(({ images }) => images[i] as NDArray<'float32'>)))
    },
    async dispose() {
      await Promise.all(runners.map((runner) => runner.dispose()))
    },
  }
}
