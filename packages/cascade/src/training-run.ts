import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import type { ImageDataset } from '@cascade-diffusion/data'
import type { Rng } from '@cascade-diffusion/random'
import type { CheckpointOptions, LearningRate, Progress, TrainOptions } from '@cascade-diffusion/training'

/** How long and how a model is trained, whichever it is. */
export interface TrainingRun {
  readonly steps: number
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

/** What `train` is told of a run: a checkpoint's `kind`, and the `config` that it describes itself by. */
export const runOptions = (
  { steps, learningRate, emaDecay, seed, compile, checkpoint, progress, signal }: TrainingRun,
  kind: string,
  config: unknown,
): Pick<
  TrainOptions<unknown>,
  'steps' | 'learningRate' | 'emaDecay' | 'seed' | 'compile' | 'checkpoint' | 'progress' | 'signal'
> => ({
  ...{ steps, learningRate, seed, compile },
  ...(emaDecay !== undefined && { emaDecay }),
  ...(checkpoint && { checkpoint: { ...checkpoint, kind, config } }),
  ...(progress && { progress }),
  ...(signal && { signal }),
})

/** The seeds of what a network drops in a batch, int32 [N]. */
export const dropoutSeeds = (n: number, rng: Rng): NDArray<'int32'> => rng.fold('dropout').integers([n], 0, 2 ** 24)

/** @throws unless the images can be brought down to the size by averaging areas. */
export function checkImages(
  who: string,
  [high, wide]: readonly [number, number],
  imageChannels: number,
  { name, images }: ImageDataset,
): void {
  const [, height, width, channels] = images.shape as readonly [number, number, number, number]
  const fits = high === wide && height === width && height % high === 0 && channels === imageChannels
  if (!fits)
    throw new Error(
      `${who}: expected images of ${high}×${wide}×${imageChannels} or a multiple of it, ` +
        `got ${height}×${width}×${channels} in '${name}'`,
    )
}
