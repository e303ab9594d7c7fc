import type { NDArray } from '@cascade-diffusion/arrays'
import { checkFunction, checkInteger, checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import {
  checkLoading,
  type ImageBatch,
  type ImageLoader,
  type ImageSource,
  imageLoader,
  type LabelledBatch,
  type LabelledSource,
  type Loading,
} from '@cascade-diffusion/data'
import type { Rng } from '@cascade-diffusion/random'
import {
  batchKey,
  type CheckpointOptions,
  type Description,
  prepareCheckpoint,
  refuseMoved,
  type TrainOptions,
  trainKeys,
} from '@cascade-diffusion/training'

/** Where checkpoints are saved. Their description follows from the model. */
export type RunCheckpoint = Omit<CheckpointOptions, 'kind' | 'config' | 'migrate'>

/** The options of the loop that training of a model supplies itself. */
type Supplied = 'params' | 'loss' | 'batch' | 'memory' | 'checkpoint'

/**
 * The options of training any model: all options of the loop except those that follow from the model.
 */
export interface TrainingRun extends Omit<TrainOptions<unknown>, Supplied> {
  /**
   * The number of images of a step. If the data set has fewer, images are repeated within a step, each time with other
   * noise.
   */
  readonly batchSize: number
  /** How images are loaded: threads, memory, and what becomes of images that cannot be read. */
  readonly loading?: Loading
  /** Where checkpoints are saved, `….safetensors`. A run resumes from one that is there already. Default: nowhere. */
  readonly checkpoint?: RunCheckpoint
}

const { params, loss, batch, memory, checkpoint, ...loopKeys } = trainKeys

/** The names of {@link TrainingRun}. */
export const runKeys: KnownKeys<TrainingRun> = { ...loopKeys, batchSize: true, loading: true, checkpoint }

const checkpointKeys: KnownKeys<RunCheckpoint> = { path: true, every: true, everySeconds: true }

/** @throws if an option is unknown or was renamed. */
export function checkRunKeys<T extends TrainingRun>(where: string, options: T, keys: KnownKeys<T>): void {
  refuseMoved(where, options)
  checkOptions(where, options, keys)
}

/** @throws on errors that `train` would find only after some work. */
export function checkRun(where: string, { batchSize, compile, loading, checkpoint }: TrainingRun): void {
  checkInteger(where, 'a batchSize', batchSize, { from: 1 })
  checkFunction(where, 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  if (loading !== undefined) checkLoading(`${where}: loading`, loading)
  if (checkpoint === undefined) return
  checkOptions(`${where}: checkpoint`, checkpoint, checkpointKeys)
  prepareCheckpoint(checkpoint.path)
}

/**
 * The options of the loop among those of a run. The checkpoint gets its `kind`, its description `config`, and the
 * migration of earlier descriptions.
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

/**
 * The loader of the images of a run. Their order follows from the model's key, what transforms draw from the key of each step.
 */
export function runLoader(images: LabelledSource, run: TrainingRun, key: Rng): ImageLoader<LabelledBatch>
export function runLoader(images: ImageSource, run: TrainingRun, key: Rng): ImageLoader
export function runLoader(
  images: ImageSource,
  { batchSize, seed, loading }: TrainingRun,
  key: Rng,
): ImageLoader<ImageBatch> {
  return imageLoader(images, { ...loading, batchSize, rng: key.fold('order'), draws: batchKey(seed) })
}

/** The seeds of a network's dropout in a batch, int32 [N]. */
export const dropoutSeeds = (n: number, rng: Rng): NDArray<'int32'> => rng.fold('dropout').integers([n], 0, 2 ** 24)
