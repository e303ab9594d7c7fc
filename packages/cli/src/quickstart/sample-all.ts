import { type Compile, int32, type NDArray } from '@cascade-diffusion/arrays'
import { cascadeSampler, type Stage, searchLevels } from '@cascade-diffusion/cascade'
import type { ByteImages } from '@cascade-diffusion/data'
import { ddim, lastStep } from '@cascade-diffusion/diffusion'
import { rng } from '@cascade-diffusion/random'
import { progress } from '../progress.ts'
import { Interrupted } from './interrupted.ts'
import type { Evaluation, ExperimentEvaluator } from './judge.ts'
import { processGrid, samplesGrid } from './pictures.ts'
import type { Plan } from './plan.ts'
import type { Runs } from './train-all.ts'

export interface SampleAllOptions {
  readonly plan: Plan
  readonly runs: Runs
  readonly evaluator: ExperimentEvaluator
  readonly seed: number
  readonly compile: Compile
  readonly signal: AbortSignal
}

/** The figures of the images of one level s of conditioning augmentation. */
export interface LevelScore {
  readonly level: number
  readonly score: Evaluation
}

export interface Sampled {
  readonly scores: readonly LevelScore[]
  readonly best: LevelScore
  readonly samples: ByteImages
  readonly process: ByteImages
}

/**
 * Samples the base once and the last stage at every level, and evaluates the images of each.
 * @throws {Interrupted} if the signal ended it.
 */
export async function sampleAll({ plan, runs, evaluator, seed, compile, signal }: SampleAllOptions): Promise<Sampled> {
  const { base, superResolution, samplesPerClass, levels } = plan
  const classes = base.stage.classNames?.length as number
  const labels = classLabels(classes, samplesPerClass)
  const total = labels.data.length
  // η = 1: fresh noise at every step forgives what short training leaves of errors in the first ones.
  const sampling = (stage: Stage, steps: number) => ({
    sampler: ddim({ eta: 1 }),
    steps: evenSteps(lastStep(stage.process.schedule), steps),
    compile,
  })
  const cascade = cascadeSampler(
    [
      { stage: base.stage, params: runs.base.ema },
      { stage: superResolution.stage, params: runs['super-resolution'].ema },
    ],
    [sampling(base.stage, base.samplingSteps), sampling(superResolution.stage, superResolution.samplingSteps)],
  )
  const line = progress({ label: 'sampling'.padEnd(16), total: total * (1 + levels.length) })
  try {
    let before = 0
    const options = {
      count: total,
      labels,
      batchSize: plan.samplingBatchSize,
      rng: rng(seed).fold('samples'),
      progress: ({ done }: { done: number }) => line.update(before + done),
    }
    const small = await cascade.sampleStage(0, { ...options, signal })
    before += total
    const { trials, best } = await searchLevels(cascade, {
      sampling: options,
      levels,
      lowRes: small,
      evaluate: ({ images }) => {
        before += total
        return evaluator.evaluate({ images, labels }, { signal })
      },
      objective: ({ fid }) => fid.train.value,
      signal,
    })
    const { level, images } = best.candidate
    const process = await processGrid({
      stages: cascade.stages,
      level,
      labels: classLabels(classes, 1),
      rng: rng(seed).fold('process'),
      signal,
    })
    return {
      scores: trials.map(({ candidate, evaluation }) => ({ level: candidate.level, score: evaluation })),
      best: { level, score: best.evaluation },
      samples: samplesGrid(small, images, labels, classes),
      process,
    }
  } catch (error) {
    if (signal.aborted) throw new Interrupted('sampling: stopped')
    throw error
  } finally {
    line.end()
    await cascade.dispose()
  }
}

/** So many of each class, the classes in turn, so that any beginning of the list is balanced. */
const classLabels = (classes: number, each: number): NDArray<'int32'> =>
  int32(Array.from({ length: classes * each }, (_, i) => i % classes))

/**
 * `count` steps at even distances, the first at 98 % of the process: at its very end an ε-prediction says next to nothing
 * of the data.
 */
const evenSteps = (last: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.round(0.98 * last * (1 - i / count)))
