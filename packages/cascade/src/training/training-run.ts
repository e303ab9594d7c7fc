import type { NDArray } from '@cascade-diffusion/arrays'
import { checkFunction, checkInteger, checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import {
  type CheckpointOptions,
  type Description,
  prepareCheckpoint,
  refuseMoved,
  type TrainOptions,
  trainKeys,
} from '@cascade-diffusion/training'

/** Where checkpoints are saved. What they say of themselves follows from the model. */
export type RunCheckpoint = Omit<CheckpointOptions, 'kind' | 'config' | 'migrate'>

/** The options of the loop that training of a model supplies itself. */
type Supplied = 'params' | 'loss' | 'batch' | 'memory' | 'checkpoint'

/**
 * How long and how a model is trained, whichever it is: all options of the loop but those that follow from the model.
 */
export interface TrainingRun extends Omit<TrainOptions<unknown>, Supplied> {
  /**
   * Images of a step. If they are more than the data set has, some come twice in a step, each time with other noise.
   */
  readonly batchSize: number
  /** Where checkpoints are saved, `….safetensors`. A run resumes from one that is there already. Default: nowhere. */
  readonly checkpoint?: RunCheckpoint
}

const { params, loss, batch, memory, checkpoint, ...loopKeys } = trainKeys

/** The names of {@link TrainingRun}. */
export const runKeys: KnownKeys<TrainingRun> = { ...loopKeys, batchSize: true, checkpoint }

const checkpointKeys: KnownKeys<RunCheckpoint> = { path: true, every: true, everySeconds: true }

/** @throws if an option is unknown, or is now another. */
export function checkRunKeys<T extends TrainingRun>(where: string, options: T, keys: KnownKeys<T>): void {
  refuseMoved(where, options)
  checkOptions(where, options, keys)
}

/** @throws on what would be found only after some work: the rest is for `train`. */
export function checkRun(where: string, { batchSize, compile, checkpoint }: TrainingRun): void {
  checkInteger(where, 'a batchSize', batchSize, { from: 1 })
  checkFunction(where, 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  if (checkpoint === undefined) return
  checkOptions(`${where}: checkpoint`, checkpoint, checkpointKeys)
  prepareCheckpoint(checkpoint.path)
}

/**
 * The options of the loop among those of a run, with a checkpoint's `kind`, the `config` that it describes itself by,
 * and what brings that of an earlier version to today's form.
 */
export function runOptions(
  run: TrainingRun,
  kind: string,
  config: unknown,
  migrate: (config: unknown) => unknown,
): Omit<TrainOptions<unknown>, Exclude<Supplied, 'checkpoint'>> {
  const names = Object.keys(loopKeys) as (keyof typeof loopKeys)[]
  const options = Object.fromEntries(names.map((name) => [name, run[name]])) as Omit<TrainOptions<unknown>, Supplied>
  const migrated = (old: Description): Description => ({ kind: old.kind, config: migrate(old.config) })
  return { ...options, checkpoint: run.checkpoint && { ...run.checkpoint, kind, config, migrate: migrated } }
}

/** The seeds of what a network drops in a batch, int32 [N]. */
export const dropoutSeeds = (n: number, rng: Rng): NDArray<'int32'> => rng.fold('dropout').integers([n], 0, 2 ** 24)
