import { join } from 'node:path'
import type { Compile } from '@cascade-diffusion/arrays'
import { type Stage, trainStage } from '@cascade-diffusion/cascade'
import type { LabelledSource } from '@cascade-diffusion/data'
import { cosineRate, TrainingInterrupted, type TrainResult } from '@cascade-diffusion/training'
import { type Progress, progress } from '../progress.ts'
import { Interrupted } from './interrupted.ts'
import { trainEvaluator } from './judge.ts'
import type { Plan, TrainingPlan } from './plan.ts'

/** What was trained: the evaluator's classifier, and the stages of the cascade. */
export interface Runs {
  readonly classifier: TrainResult
  readonly base: TrainResult
  readonly 'super-resolution': TrainResult
}

export interface TrainAllOptions {
  readonly plan: Plan
  readonly trainSet: LabelledSource
  /** The folder of the checkpoints. */
  readonly folder: string
  readonly seed: number
  readonly compile: Compile
  readonly signal: AbortSignal
}

/**
 * Trains what is not trained yet, one after the other.
 * @throws {Interrupted} if the signal ended it; checkpoints are saved.
 */
export async function trainAll({ plan, trainSet, folder, seed, compile, signal }: TrainAllOptions): Promise<Runs> {
  const path = (name: string) => join(folder, `${name}.safetensors`)
  const stage = (stage: Stage, training: TrainingPlan) =>
    shown(stage.name, training, (progress) =>
      trainStage({
        stage,
        dataset: trainSet,
        seed,
        compile,
        signal,
        progress,
        steps: training.steps,
        batchSize: training.batchSize,
        learningRate: cosineRate(training.learningRate, training.steps, { warmup: 50 }),
        averages: { ema: { decay: plan.emaDecay } },
        checkpoint: { path: path(stage.name), every: 250 },
      }),
    )
  const classifier = await shown('classifier', plan.classifier, (progress) =>
    trainEvaluator({
      dataset: trainSet,
      plan: plan.classifier,
      seed,
      compile,
      signal,
      progress,
      checkpointPath: path('classifier'),
    }),
  )
  const base = await stage(plan.base.stage, plan.base.training)
  const superResolution = await stage(plan.superResolution.stage, plan.superResolution.training)
  return { classifier, base, 'super-resolution': superResolution }
}

type Show = (progress: { step: number; loss: number }) => void

/** Runs one training with its line of progress. */
async function shown(label: string, { steps }: TrainingPlan, start: (show: Show) => Promise<TrainResult>) {
  let line: Progress | undefined
  try {
    return await start(({ step, loss }) => {
      line ??= progress({ label: label.padEnd(16), total: steps, start: step - 1 })
      line.update(step, loss)
    })
  } catch (error) {
    if (!(error instanceof TrainingInterrupted)) throw error
    throw new Interrupted(`${label}: stopped at step ${error.result.step} of ${steps}`)
  } finally {
    line?.end()
  }
}
