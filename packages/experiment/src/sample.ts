import { int32, type NDArray } from '@cascade-diffusion/arrays'
import { type Cascade, type StageLevel, stageSampler, truncatedStop } from '@cascade-diffusion/cascade'
import { rng } from '@cascade-diffusion/random'
import type { TrainedRun } from './run-context.ts'
import { cascadeOf, samplingStopped, withCascade } from './with-cascade.ts'

/** Images [n,h,w,c] in [-1, 1]. */
export type Images = NDArray<'float32'>

/** Images of a cascade. */
export interface Samples {
  /** Of each stage, the base's first. */
  readonly images: readonly Images[]
  /** Their classes in turn, int32 [n]: 0, 1, 2, …, 0, 1, … Undefined if no stage is conditioned on classes. */
  readonly labels: NDArray<'int32'> | undefined
}

/** What {@link sampleImages} samples. */
export interface SampledImages {
  /** How each super-resolution stage is augmented, in order. */
  readonly levels: readonly StageLevel[]
  readonly count: number
  readonly labels: NDArray<'int32'> | undefined
}

/**
 * Samples the trained cascade.
 * @throws of code `interrupted` if the signal ended it.
 */
export async function sampleImages(run: TrainedRun, { levels, count, labels }: SampledImages): Promise<Samples> {
  const { plan, signal, progress } = run
  const images = await withCascade(cascadeOf(run.stages, plan, levels), run, (cascade) => {
    const all = cascade.stages.map(() => 0)
    return cascade.sample({
      count,
      labels,
      rng: rng(plan.seed).fold('samples'),
      batchSize: plan.sampling.batchSize,
      signal,
      progress: ({ stage, done }) => {
        all[cascade.stages.findIndex((each) => each.stage.name === stage)] = done
        progress({ type: 'sampling', done: all.reduce((sum, each) => sum + each), count: count * all.length })
      },
    })
  })
  return { images, labels }
}

/**
 * One image of each of the first classes, or four without classes, on their way from noise: x_t of each stage after each of its steps,
 * the base's first.
 * @throws of code `interrupted` if the signal ended it.
 */
export async function sampleFrames(
  run: TrainedRun,
  levels: readonly StageLevel[],
): Promise<readonly (readonly Images[])[]> {
  const { plan, signal, compile } = run
  const count = Math.min(run.data.train.classNames?.length ?? 4, shownClasses)
  const labels = classLabels(run, count)
  const key = rng(plan.seed).fold('process')
  const cascade = cascadeOf(run.stages, plan, levels)
  const samplers = run.stages.map((stage, i) => stageSampler(stage, { ...plan.stages[i]!.sampling, compile }))
  try {
    const stages: Images[][] = []
    for (const [i, sampler] of samplers.entries()) {
      const lowRes = stages.at(-1)?.at(-1)
      const { level, truncated } = cascade.stages[i]!
      const frames: Images[] = []
      const stream = sampler.stream({
        count,
        labels: sampler.stage.classNames && labels,
        rng: key.fold(sampler.stage.name),
        signal,
        lowRes,
        level,
        augmented: truncated,
        stop: stopOf(cascade, i),
      })
      for await (const { xt } of stream) frames.push(xt)
      stages.push(frames)
    }
    return stages
  } catch (cause) {
    if (signal?.aborted) throw samplingStopped(cause)
    throw cause
  } finally {
    for (const sampler of samplers) await sampler.dispose()
  }
}

/** The noise level at which the next stage takes over, if it is truncated. */
function stopOf({ stages }: Cascade, i: number) {
  const upper = stages[i + 1]
  if (!upper?.truncated || upper.stage.kind !== 'super-resolution') return undefined
  return truncatedStop(stages[i]!, upper.stage, upper.level ?? 0)
}

/** Classes in pictures at most: the first ones. */
export const shownClasses = 16

/** Whether a stage is conditioned on classes, so that samples have labels. */
export const isConditional = ({ stages }: Pick<TrainedRun, 'stages'>): boolean =>
  stages.some(({ stage }) => stage.classNames)

/**
 * `count` labels, the classes in turn, so that any beginning of the list is balanced. Undefined without classes.
 * @param of how many of the classes. Default: all.
 */
export function classLabels(
  run: Pick<TrainedRun, 'data' | 'stages'>,
  count: number,
  of = run.data.train.classNames?.length,
): NDArray<'int32'> | undefined {
  if (of === undefined || !isConditional(run)) return undefined
  return int32(Array.from({ length: count }, (_, i) => i % of))
}
