import { concatenate, type NDArray, rows } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { Cascade, CascadeStage } from '../cascade/cascade.ts'
import { samplingOf } from '../cascade/stage-identity.ts'
import { readStageImages } from '../kinds/images-stage.ts'
import { cascadeRun, type RunStage } from '../sampling/cascade/run.ts'
import { type StageRunner, stageRunner } from '../sampling/cascade/stage-runner.ts'
import { canonical } from './json-value.ts'
import type { SearchedSamples } from './search-options.ts'

/** Samples stages of a search one by one. */
export interface StageImages {
  /** The images of a stage of the cascade. */
  sample(stage: CascadeStage, how: RunStage, lowRes: NDArray<'float32'> | undefined): Promise<NDArray<'float32'>>
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

/** A stage that is ready to be sampled in one way. */
interface ReadyStage {
  readonly sampling: string
  readonly runner: StageRunner
}

/** Each stage is compiled again only when it is sampled in another way. */
export function stageImages(
  { compile, count, rng, batchSize = 50, samplingProgress, signal }: SearchedSamples,
  labels: NDArray<'int32'> | undefined,
): StageImages {
  const ready = new Map<string, ReadyStage>()
  const readied = async (given: CascadeStage): Promise<StageRunner> => {
    const sampling = canonical(samplingOf(given) ?? null)
    const found = ready.get(given.stage.name)
    if (found?.sampling === sampling) return found.runner
    const runner = stageRunner(given, compile)
    ready.set(given.stage.name, { sampling, runner })
    await found?.runner.dispose()
    return runner
  }
  return {
    async sample(given, { index: _, ...how }, lowRes) {
      const { name, classNames } = given.stage
      const runner = await readied(given)
      const parts: NDArray<'float32'>[] = []
      for (let from = 0; from < count; from += batchSize) {
        const to = Math.min(count, from + batchSize)
        const { images } = await runner.run({
          ...how,
          count: to - from,
          firstIndex: from,
          rng: rng.fold(name),
          labels: classNames && labels && rows(labels, from, to),
          lowRes: lowRes && rows(lowRes, from, to),
          signal,
        })
        parts.push(images)
        samplingProgress?.({ stage: name, done: to, count })
      }
      return concatenate(parts)
    },
    async dispose() {
      await Promise.all([...ready.values()].map(({ runner }) => runner.dispose()))
    },
  }
}

/**
 * The classes of the images; undefined without labels. They are those of the options, or of another program's images.
 * @throws if they do not fit the cascade, or its first stage needs images.
 */
export async function labelsOfSearch(
  where: string,
  { stages }: Cascade,
  { count, labels, rng, signal }: SearchedSamples,
): Promise<NDArray<'int32'> | undefined> {
  const { stage } = stages[0] as CascadeStage
  if (stage.kind === 'super-resolution' || stage.kind === 'resample')
    throw new CascadeError(
      'input',
      `${where}: expected a first stage that makes images, a base or images, got '${stage.name}' (${stage.kind})`,
    )
  const given = cascadeRun(stages, { count, labels, rng }).labels(0, count)
  if (given || stage.kind !== 'images') return given
  return (await readStageImages(stage, { count, firstIndex: 0, rng: rng.fold(stage.name), signal })).labels
}
