import type { TrainProgress } from '@cascade-diffusion/training'
import type { PlanChange } from './config/compare-with-run.ts'
import type { LoadProgress } from './data/load-context.ts'
import type { ExperimentFigures } from './evaluate/evaluator.ts'

/** Real images are being made, or read to be split. */
export interface LoadingEvent extends LoadProgress {
  readonly type: 'loading'
}

/** All real images are there. */
export interface LoadedEvent {
  readonly type: 'loaded'
  /** The number of images. */
  readonly train: number
  readonly test: number
}

/** A step of training was done. */
export interface TrainingEvent extends Omit<TrainProgress, 'losses'> {
  readonly type: 'training'
  /** The stage's name, or `evaluator`. A resumed run begins after the steps of its checkpoint. */
  readonly model: string
}

/** The evaluator is ready. */
export interface EvaluatorEvent {
  readonly type: 'evaluator'
  /** Its accuracy on real images that it has not seen, from 0 to 1. */
  readonly accuracy: number
}

/** Images were sampled. */
export interface SamplingEvent {
  readonly type: 'sampling'
  /** Images done, of all stages and levels. */
  readonly done: number
  readonly count: number
}

/** The images of one level s were evaluated. */
export interface EvaluatedEvent {
  readonly type: 'evaluated'
  readonly stage: string
  readonly level: number
  /** Whether the stage below was truncated at s. */
  readonly truncated: boolean
  readonly figures: ExperimentFigures
}

/** The run took over a plan that differs from the one before it. */
export interface ChangedEvent {
  readonly type: 'changed'
  readonly changes: readonly PlanChange[]
}

/** A file or folder of the run was written, or written again. */
export interface WrittenEvent {
  readonly type: 'written'
  readonly path: string
}

/** The progress of a run, by its `type`. */
export type ExperimentEvent =
  | LoadingEvent
  | LoadedEvent
  | TrainingEvent
  | EvaluatorEvent
  | SamplingEvent
  | EvaluatedEvent
  | ChangedEvent
  | WrittenEvent
