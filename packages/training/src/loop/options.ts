import type { ArraysOf, Compile, NDArray, Params } from '@cascade-diffusion/arrays'
import type { KnownKeys } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import type { Description } from '../checkpoint/checkpoint.ts'
import type { LearningRate } from '../learning-rate/learning-rate.ts'
import type { LearningRateConfig } from '../learning-rate/learning-rate-table.ts'
import type { Loss } from '../step/loss-gradients.ts'
import type { LossScaling } from '../step/loss-scale.ts'
import type { ParamsByName } from '../step/state.ts'
import { type TrainerOptions, trainerKeys } from '../step/trainer.ts'

/**
 * What batches depend on besides their step: the losses so far, for example. A record of arrays. It is part of the
 * checkpoint, so that a resumed run sees the batches that it would have seen.
 */
export interface BatchMemory<Batch> {
  /** Before the first step. */
  readonly initial: Params<NDArray>
  /**
   * After a step that was taken: a pure function of the memory before, the batch and the loss of each of its examples.
   */
  record(memory: Params<NDArray>, batch: ArraysOf<Batch>, losses: Float32Array): Params<NDArray>
}

/** Options of {@link train}. */
export interface TrainOptions<Batch> extends TrainerOptions {
  /** The weights to begin with, float32; they are copied. */
  readonly params: Params<NDArray>
  readonly loss: Loss<Batch>
  /**
   * The batch of a step: a pure function of its arguments, so that a resumed run sees the batches that it would have
   * seen. `rng` is the step's own key. Called for the next step while the current one runs, unless there is a `memory`.
   */
  readonly batch: (step: number, rng: Rng, memory: Params<NDArray>) => ArraysOf<Batch> | Promise<ArraysOf<Batch>>
  /** For batches that depend on the losses so far. The loss function then gives `{ loss, each }`. */
  readonly memory?: BatchMemory<Batch>
  /** Steps of the whole run, those before a resumed checkpoint included. */
  readonly steps: number
  /** Fixes the key of each batch. */
  readonly seed: number
  /** What runs the step: `jit`, or `eager`. */
  readonly compile: Compile
  /** A number, a configuration such as `{ name: 'cosine', rate: 1e-3, warmup: 50 }`, or a function of the step. */
  readonly learningRate: number | LearningRateConfig | LearningRate
  /**
   * Multiplies the loss by a scale while gradients are computed, and adapts the scale (`nextLossScale`): for a
   * `compile` in float16. Default false.
   */
  readonly lossScaling?: boolean | LossScaling
  /**
   * Training ends after this many steps in a row with a loss or gradient that is not finite. Fewer are left out and
   * counted. Default 1: the step where it happens. With `lossScaling` 5, and the scale has to be down to 1.
   */
  readonly maxNonFinite?: number
  /**
   * Training ends if a loss is more than this many times the largest of the first ten, as it diverges. Default 1e6;
   * `Infinity` for losses that may grow so.
   */
  readonly maxGrowth?: number
  /** Where checkpoints are saved. A run resumes from one that is there already. Default: nowhere. */
  readonly checkpoint?: CheckpointOptions
  /** Called after each step. */
  readonly progress?: (progress: TrainProgress) => void
  /** Looks at the weights while they are trained. Training is the same, to the last bit, with and without it. */
  readonly observe?: TrainObserver
  /**
   * Ends training: the step that runs is finished, its checkpoint is saved, and the run throws
   * `TrainingInterrupted`.
   */
  readonly signal?: AbortSignal
}

/** Where and how often checkpoints are saved, and what they say of themselves. */
export interface CheckpointOptions extends Description {
  /**
   * The file, `….safetensors`. The checkpoint before it is kept beside it as `….previous.safetensors`. Its folder is
   * made if it is missing.
   */
  readonly path: string
  /** Steps between checkpoints. There is always one at the end. Default 1000. */
  readonly every?: number
  /** Seconds between checkpoints, whichever comes first. Default 300. */
  readonly everySeconds?: number
  /**
   * Brings the description of a checkpoint of an earlier version to today's form, and gives back any other as it is. A
   * resumed run is compared with the result.
   */
  readonly migrate?: (described: Description) => Description
}

/** Looks at the weights of a run at intervals: samples with them, say. */
export interface TrainObserver {
  /** Steps between two looks. The last step of a run is looked at too. */
  readonly every: number
  /**
   * Called after such a step, before its checkpoint is saved; and for the step that a run resumes from, if it is such a
   * step. Training waits for it, and fails if it does, unless `signal` has ended the run.
   */
  readonly call: (snapshot: TrainSnapshot) => void | Promise<void>
}

/** The weights after a step. They can be read until `call` of {@link TrainObserver} is done. */
export interface TrainSnapshot {
  /** Steps done. */
  readonly step: number
  /** The weights, copied to the host. */
  params(): Promise<Params<NDArray>>
  /** The moving averages of the weights, by name, copied to the host. */
  averages(): Promise<ParamsByName<NDArray>>
}

/** Where training stands after a step. */
export interface TrainProgress {
  /** Steps done, of `steps`. */
  readonly step: number
  readonly steps: number
  readonly loss: number
  /** The norm of all gradients together, before clipping. */
  readonly gradNorm: number
  /** The loss of each step done; NaN where the step was not taken. A view, which the next steps do not change. */
  readonly losses: Float32Array
  readonly learningRate: number
  /** Seconds that the step waited for its batch. */
  readonly dataSeconds: number
  /** Steps not taken so far, because the loss or the gradient was not finite. */
  readonly skipped: number
  /** What the loss was scaled by; with `lossScaling`. */
  readonly lossScale?: number
  readonly stepsPerSecond: number
  readonly secondsLeft: number
}

/** What training ended with. */
export interface TrainResult {
  readonly params: Params<NDArray>
  /** The moving averages of the weights, by name. */
  readonly averages: ParamsByName<NDArray>
  /** The weights to sample with: the first of the averages, or `params` if there are none. */
  readonly ema: Params<NDArray>
  /** Steps done. */
  readonly step: number
  /** The loss of each step done; NaN where the step was not taken. */
  readonly losses: Float32Array
  readonly skipped: number
}

/** The names of {@link TrainOptions}. */
export const trainKeys: KnownKeys<TrainOptions<unknown>> = {
  ...trainerKeys,
  params: true,
  loss: true,
  batch: true,
  memory: true,
  steps: true,
  seed: true,
  compile: true,
  learningRate: true,
  lossScaling: true,
  maxNonFinite: true,
  maxGrowth: true,
  checkpoint: true,
  progress: true,
  observe: true,
  signal: true,
}
