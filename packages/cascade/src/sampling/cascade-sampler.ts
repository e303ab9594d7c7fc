import { concatenate, type NDArray, rows } from '@cascade-diffusion/arrays'
import { CascadeError, checkOptions as checkKeys, shown, throwIfAborted } from '@cascade-diffusion/checks'
import { type Cascade, checkCascade } from '../cascade/cascade.ts'
import { checkChain } from '../cascade/check-chain.ts'
import type { TrainedStage } from '../stage/load-stage.ts'
import type { CascadeBatch, CascadeSampleOptions } from './cascade-sampler-options.ts'
import { type CascadeRun, cascadeRun } from './cascade-sampler-run.ts'
import { type SamplerStage, type StageRunner, stageRunner } from './cascade-sampler-stage.ts'
import { checkSamplerOptions } from './check-sampling.ts'
import type { StageSamplerOptions } from './stage-sampler.ts'

/** A cascade that is ready to sample. Sampling throws before its first step if the options do not fit every stage. */
export interface CascadeSampler {
  /** The stages, as they were given. */
  readonly stages: readonly SamplerStage[]
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

/**
 * Makes a sampler of stages, of which each takes the images of the one before it.
 * @param cascade a cascade, whose stages have a sampling and a level; or a list of trained stages.
 * @param options for a cascade, only `compile`; for a list, the options of all stages, or a list with the options of
 * each.
 * @throws if a stage does not take the images of the one before it, two stages have the same name, a choice is not
 * valid, or the list of options has another length.
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
    return joined(
      given.stages,
      given.stages.map((stage) => stageRunner(stage, compile)),
    )
  }
  if (!Array.isArray(given))
    throw new CascadeError('input', `cascade: expected a cascade or a list of trained stages, got ${shown(given)}`)
  checkChain('cascade', given)
  const each = isList(options) ? options : given.map(() => options as StageSamplerOptions)
  if (each.length !== given.length)
    throw new CascadeError('input', `cascade: expected options for each of ${given.length} stages, got ${each.length}`)
  for (const [i, trained] of given.entries()) checkSamplerOptions(trained, each[i] as StageSamplerOptions)
  const stages = given.map(({ stage, params }: TrainedStage, i) => {
    const { compile: _, ...sampling } = each[i] as StageSamplerOptions
    return { stage, params, sampling }
  })
  return joined(
    stages,
    stages.map((stage, i) => stageRunner(stage, (each[i] as StageSamplerOptions).compile)),
  )
}

function joined(stages: readonly SamplerStage[], runners: readonly StageRunner[]): CascadeSampler {
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
    const { rng, batchSize = 50, firstIndex = 0, progress, signal } = options
    for (let from = 0; from < run.count; from += batchSize) {
      const to = Math.min(run.count, from + batchSize)
      const place = { count: to - from, firstIndex: firstIndex + from }
      let labels = run.labels(from, to)
      const images: NDArray<'float32'>[] = []
      for (const { index, ...how } of run.stages) {
        const { stage } = stages[index] as SamplerStage
        throwIfAborted(signal, `stage '${stage.name}'`)
        const made = await (runners[index] as StageRunner).run({
          ...place,
          ...how,
          rng: rng.fold(stage.name),
          labels: stage.classNames && labels,
          lowRes: images.at(-1) ?? (options.lowRes && rows(options.lowRes, from, to)),
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

const isList = (options: unknown): options is readonly StageSamplerOptions[] => Array.isArray(options)

const isCascade = (given: unknown): given is Cascade => typeof given === 'object' && given !== null && 'stages' in given
