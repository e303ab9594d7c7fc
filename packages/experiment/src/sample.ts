import { int32, type NDArray } from '@cascade-diffusion/arrays'
import { type Cascade, type StageLevel, stageSampler, truncatedStop } from '@cascade-diffusion/cascade'
import { CascadeError, checkInteger, shown } from '@cascade-diffusion/checks'
import { rng } from '@cascade-diffusion/random'
import { checkExperiment, type ExperimentOptions } from './options.ts'
import type { TrainedExperiment } from './train.ts'
import { cascadeOf, withCascade } from './with-cascade.ts'

/** Images [n,h,w,c] in [-1, 1]. */
export type Images = NDArray<'float32'>

/** What {@link sampleExperiment} is given besides what was trained. */
export interface SampleExperimentOptions extends ExperimentOptions {
  /** How each super-resolution stage is augmented, in order: s, or s and whether the stage below is truncated at it. */
  readonly levels: readonly StageLevel[]
  /** The number of images, the classes in turn. Default: that of the plan's evaluation. */
  readonly count?: number
}

/** Images of a cascade. */
export interface Samples {
  /** Of each stage, the base's first. */
  readonly images: readonly Images[]
  /** Their classes in turn, int32 [n]: 0, 1, 2, …, 0, 1, … Undefined if no stage is conditioned on classes. */
  readonly labels: NDArray<'int32'> | undefined
}

/**
 * Samples the trained cascade.
 * @throws of code `interrupted` if the signal ended it.
 */
export async function sampleExperiment(
  trained: TrainedExperiment,
  { levels, count, ...options }: SampleExperimentOptions,
): Promise<Samples> {
  checkExperiment('sampleExperiment', options)
  const { plan, signal, progress } = options
  if (!Array.isArray(levels) || levels.length !== plan.stages.length - 1)
    throw new CascadeError(
      'input',
      `sampleExperiment: expected levels, ${plan.stages.length - 1}: one for each super-resolution stage, got ${shown(levels)}`,
    )
  const n = checkInteger('sampleExperiment', 'count', count ?? plan.evaluation.samples, { from: 1 })
  const labels = classLabels(trained, n)
  const images = await withCascade(cascadeOf(trained.stages, options.plan, levels), options, (cascade) => {
    const all = cascade.stages.map(() => 0)
    return cascade.sample({
      count: n,
      labels,
      rng: rng(plan.seed).fold('samples'),
      batchSize: plan.sampling.batchSize,
      signal,
      progress: ({ stage, done }) => {
        all[cascade.stages.findIndex((each) => each.stage.name === stage)] = done
        progress?.({ type: 'sampling', done: all.reduce((sum, each) => sum + each), count: n * all.length })
      },
    })
  })
  return { images, labels }
}

/**
 * One image of each class, or four without classes, on their way from noise: x_t of each stage after each of its steps, the base's first.
 * @throws of code `interrupted` if the signal ended it.
 */
export async function sampleFrames(
  trained: TrainedExperiment,
  { levels, ...options }: Omit<SampleExperimentOptions, 'count'>,
): Promise<readonly (readonly Images[])[]> {
  checkExperiment('sampleFrames', options)
  const { plan, signal, compile } = options
  const count = trained.data.train.classNames?.length ?? 4
  const labels = classLabels(trained, count)
  const key = rng(plan.seed).fold('process')
  const cascade = cascadeOf(trained.stages, plan, levels)
  const samplers = trained.stages.map((stage, i) => stageSampler(stage, { ...plan.stages[i]!.sampling, compile }))
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
    if (signal?.aborted) throw new CascadeError('interrupted', 'sampling: stopped', { cause })
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

/** Whether a stage is conditioned on classes, so that samples have labels. */
export const isConditional = ({ stages }: Pick<TrainedExperiment, 'stages'>): boolean =>
  stages.some(({ stage }) => stage.classNames)

/** `count` labels, the classes in turn, so that any beginning of the list is balanced. Undefined without classes. */
export function classLabels(trained: TrainedExperiment, count: number): NDArray<'int32'> | undefined {
  const { classNames } = trained.data.train
  if (!classNames || !isConditional(trained)) return undefined
  return int32(Array.from({ length: count }, (_, i) => i % classNames.length))
}
