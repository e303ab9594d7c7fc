import type { NDArray } from '@cascade-diffusion/arrays'
import { type TrainedStage, type TrainStageOptions, trainStage } from '@cascade-diffusion/cascade'
import { CascadeError, isCascadeError } from '@cascade-diffusion/checks'
import { rng } from '@cascade-diffusion/random'
import { learningRateOf, type TrainResult } from '@cascade-diffusion/training'
import { checkData } from './data/check-data.ts'
import { dataAt, type ExperimentData, loadData } from './data/data.ts'
import { trainEvaluator } from './evaluate/evaluator.ts'
import { searchedLevels } from './evaluate/searched-levels.ts'
import { checkExperiment, checkpointPath, type ExperimentOptions } from './options.ts'
import { lastSize, type ModelTraining } from './plan/cascade-plan.ts'
import { EVALUATOR } from './plan/check-plan.ts'
import { stagesOf } from './plan/stages.ts'
import { cascadeOf, withCascade } from './with-cascade.ts'

/** What was trained, and on what. */
export interface TrainedExperiment {
  readonly data: ExperimentData
  /** The stages with their averaged weights, in the order of the plan. */
  readonly stages: readonly TrainedStage[]
  /** The averaged weights of the evaluator's classifier. */
  readonly evaluator: Readonly<Record<string, NDArray>>
  /** The loss of each step, by the name of the model. */
  readonly losses: Readonly<Record<string, Float32Array>>
}

/**
 * Trains what is not trained yet: the evaluator, then each stage by itself. A model whose checkpoint is there is resumed from it.
 * @throws of code `interrupted` if the signal ended it, with checkpoints saved; if data are missing, a checkpoint cannot be used or
 * written, or training diverges.
 */
export async function trainExperiment(options: ExperimentOptions): Promise<TrainedExperiment> {
  checkExperiment('trainExperiment', options)
  const { plan, compile, signal, out, progress = () => {} } = options
  const { seed } = plan
  const data = await loadData(plan.data, {
    cacheDir: `${out}/drawings`,
    progress: (loading) => progress({ type: 'loading', ...loading }),
  })
  progress({ type: 'loaded', train: data.train.count, test: data.test.count })
  checkData(plan, data)
  const stages = stagesOf(plan, data)
  // What could not be sampled is refused before it is trained.
  const untrained = stages.map((stage) => ({ stage, params: stage.network.init(rng(seed)) }))
  const [, ...upper] = plan.stages
  const greatest = upper.map(({ levels }) => Math.max(...levels))
  await withCascade(cascadeOf(untrained, plan, greatest), options, async () => {})
  searchedLevels(cascadeOf(untrained, plan), plan)

  type Common = Pick<TrainStageOptions, 'seed' | 'compile' | 'signal' | 'progress'>
  /** Trains one model, and says which one an interruption ended. */
  const run = (model: string, { steps }: ModelTraining, start: (common: Common) => Promise<TrainResult>) =>
    start({
      seed,
      compile,
      signal,
      progress: ({ step, loss }) => progress({ type: 'training', model, step, steps, loss }),
    }).catch((error) => Promise.reject(stopped(model, steps, error)))

  const { training, features } = plan.evaluation
  const evaluator = await run(EVALUATOR, training, (common) =>
    trainEvaluator({
      ...common,
      dataset: dataAt(lastSize(plan), data).train,
      features,
      plan: training,
      checkpointPath: checkpointPath(options, EVALUATOR),
    }),
  )
  const results = new Map([[EVALUATOR, evaluator]])
  for (const [i, stage] of stages.entries()) {
    const { saveEvery = 250, sampleEvery, ...training } = plan.stages[i]!.training
    const result = await run(stage.name, training, (common) =>
      trainStage({
        ...common,
        ...training,
        stage,
        dataset: data.train,
        learningRate: learningRateOf(training.learningRate, training.steps),
        checkpoint: { path: checkpointPath(options, stage.name), every: saveEvery },
      }),
    )
    results.set(stage.name, result)
  }
  return {
    data,
    stages: stages.map((stage) => ({ stage, params: results.get(stage.name)!.ema })),
    evaluator: evaluator.ema,
    losses: Object.fromEntries([...results].map(([name, { losses }]) => [name, losses])),
  }
}

function stopped(model: string, steps: number, error: unknown): unknown {
  if (!isCascadeError(error, 'interrupted')) return error
  // A source may be interrupted too.
  const { result } = error as { readonly result?: TrainResult }
  if (!result) return error
  const { step } = result
  return new CascadeError('interrupted', `${model}: stopped at step ${step} of ${steps}`, { cause: error })
}
