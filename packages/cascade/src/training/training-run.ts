import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import { checkFunction, checkInteger, checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import {
  type CheckpointOptions,
  type Description,
  type LearningRate,
  type Progress,
  prepareCheckpoint,
  type TrainOptions,
} from '@cascade-diffusion/training'

/** How long and how a model is trained, whichever it is. */
export interface TrainingRun {
  readonly steps: number
  /** Images of a step. If they are more than the data set has, some come twice in a step, each time with noise of its own. */
  readonly batchSize: number
  readonly learningRate: number | LearningRate
  /** The decay of the weights' moving average; 0.9999. */
  readonly emaDecay?: number
  /** Fixes the first weights, the batches and all noise. */
  readonly seed: number
  /** `jit`, or `eager`. */
  readonly compile: Compile
  /**
   * Where the checkpoint is kept, `….safetensors`; one that is there already is gone on from. Saved `every` 1000 steps and
   * `everySeconds` 300, whichever comes first. Default: nowhere.
   */
  readonly checkpoint?: Pick<CheckpointOptions, 'path' | 'every' | 'everySeconds'>
  /** Told after each step how training stands. */
  readonly progress?: (progress: Progress) => void
  /** Stops after the step that runs, with a checkpoint saved; the run then throws `TrainingInterrupted` of `training`. */
  readonly signal?: AbortSignal
}

/** The names of {@link TrainingRun}. */
export const runKeys: KnownKeys<TrainingRun> = {
  steps: true,
  batchSize: true,
  learningRate: true,
  emaDecay: true,
  seed: true,
  compile: true,
  checkpoint: true,
  progress: true,
  signal: true,
}

/** @throws on what would be found only after some work: the rest is for `train`. */
export function checkRun(where: string, { batchSize, compile, checkpoint }: TrainingRun): void {
  checkInteger(where, 'a batchSize', batchSize, { from: 1 })
  checkFunction(where, 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  if (checkpoint === undefined) return
  checkOptions(`${where}: checkpoint`, checkpoint, { path: true, every: true, everySeconds: true })
  prepareCheckpoint(checkpoint.path)
}

/**
 * What `train` is given for a run: a checkpoint's `kind`, the `config` that it describes itself by, and what brings that of an older
 * checkpoint to the present form.
 */
export const runOptions = (
  { steps, learningRate, emaDecay, seed, compile, checkpoint, progress, signal }: TrainingRun,
  kind: string,
  config: unknown,
  migrate: (config: unknown) => unknown,
): Pick<
  TrainOptions<unknown>,
  'steps' | 'learningRate' | 'emaDecay' | 'seed' | 'compile' | 'checkpoint' | 'progress' | 'signal'
> => ({
  steps,
  learningRate,
  seed,
  compile,
  ...(emaDecay !== undefined && { emaDecay }),
  ...(checkpoint && {
    checkpoint: {
      ...checkpoint,
      kind,
      config,
      migrate: (old: Description) => ({ kind: old.kind, config: migrate(old.config) }),
    },
  }),
  ...(progress && { progress }),
  ...(signal && { signal }),
})

/** The seeds of what a network drops in a batch, int32 [N]. */
export const dropoutSeeds = (n: number, rng: Rng): NDArray<'int32'> => rng.fold('dropout').integers([n], 0, 2 ** 24)
