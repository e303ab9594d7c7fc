import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import { batch, type ImageDataset, resized, shuffledIndices } from '@cascade-diffusion/data'
import { simpleLoss } from '@cascade-diffusion/losses'
import { type Rng, rng } from '@cascade-diffusion/random'
import { uniformTimesteps } from '@cascade-diffusion/schedules'
import { type LearningRate, type Loss, type Progress, type TrainResult, train } from '@cascade-diffusion/training'
import type { UNetCondition } from '@cascade-diffusion/unet'
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import type { Stage, SuperResolutionStage } from './stage.ts'

/** Options of {@link trainStage}. */
export interface TrainStageOptions {
  readonly stage: Stage
  /** Real images of the stage's resolution or a multiple of it: they are brought down to it by averaging areas. */
  readonly dataset: ImageDataset
  readonly steps: number
  readonly batchSize: number
  readonly learningRate: number | LearningRate
  /** The decay of the weights' moving average; 0.9999. */
  readonly emaDecay?: number
  /** Fixes the first weights, the batches and all noise. */
  readonly seed: number
  /** `jit`, or `eager`. */
  readonly compile: Compile
  /** Where the checkpoint is kept, `….safetensors`; one that is there already is gone on from. Default: nowhere. */
  readonly checkpoint?: { readonly path: string; readonly every?: number }
  /** Told after each step how training stands. */
  readonly progress?: (progress: Progress) => void
  /** Stops after the step that runs, with a checkpoint saved. */
  readonly signal?: AbortSignal
}

/** A training batch: real images, and all that is drawn for them. */
interface StageBatch {
  readonly x0: Tensor4D
  /** The step of each image, int32 [N]. */
  readonly t: Tensor1D
  readonly epsilon: Tensor4D
  readonly label: Tensor1D | undefined
  readonly lowRes: LowResBatch | undefined
}

interface LowResBatch {
  /** Real small images z. */
  readonly z: Tensor4D
  /** The augmentation level of each, int32 [N]. */
  readonly level: Tensor1D
  readonly noise: Tensor4D
}

/**
 * Trains one stage of a cascade by itself, on real images: Algorithm 1 of the paper. A super-resolution stage sees real
 * small images that its conditioning augmentation has corrupted, each at a level drawn for it, which the network is told.
 * @throws if the data does not fit the stage; and as `train`.
 */
export async function trainStage(options: TrainStageOptions): Promise<TrainResult> {
  const { stage, dataset, steps, batchSize, learningRate, emaDecay, seed, compile, progress, signal } = options
  checkDataset(stage, dataset)
  const key = rng(seed).fold(stage.name)
  const drawBatch = batches(stage, dataset, batchSize, key)
  const config = { stage: stage.description, data: { name: dataset.name, images: dataset.images.shape }, batchSize }
  return train<StageBatch>({
    params: stage.network.init(key.fold('weights')),
    loss: stageLoss(stage),
    batch: drawBatch,
    steps,
    seed,
    compile,
    learningRate,
    ...(emaDecay !== undefined && { emaDecay }),
    ...(options.checkpoint && { checkpoint: { ...options.checkpoint, kind: 'cascade stage', config } }),
    ...(progress && { progress }),
    ...(signal && { signal }),
  })
}

/** What is minimised: the simple loss at steps and noise handed in, conditioned on augmented small images. */
function stageLoss(stage: Stage): Loss<StageBatch> {
  return (params, { x0, t, epsilon, label, lowRes }) => {
    const condition = { ...(label && { label }), ...(lowRes && augmented(stage as SuperResolutionStage, lowRes)) }
    const network = (xt: Tensor4D, noise: Tensor1D, c: UNetCondition) => stage.network.apply(params, xt, noise, c)
    return simpleLoss({ network, process: stage.process }, { x0, t, epsilon, condition })
  }
}

const augmented = ({ augmentation }: SuperResolutionStage, { z, level, noise }: LowResBatch): UNetCondition => ({
  lowRes: augmentation.apply(z, level, noise),
  ...(augmentation.embedsLevel && { augmentationLevel: level }),
})

/** The batch of each step: a pure function of the step and its key. */
function batches(stage: Stage, dataset: ImageDataset, batchSize: number, key: Rng) {
  const large = resized(dataset, stage.resolution)
  const small = stage.kind === 'super-resolution' ? resized(large, stage.lowResolution) : undefined
  const indicesOf = shuffledIndices(dataset.labels.length, batchSize, key.fold('order'))
  return (step: number, rng: Rng) => {
    const indices = indicesOf(step)
    const { image, label } = batch(large, indices)
    const z = small && batch(small, indices).image
    return {
      x0: image,
      t: uniformTimesteps(batchSize, stage.process.schedule, rng.fold('t')),
      epsilon: rng.fold('epsilon').normal(image.shape),
      label: stage.classNames && label,
      lowRes: z && lowResBatch(stage as SuperResolutionStage, z, rng),
    }
  }
}

const lowResBatch = ({ augmentation }: SuperResolutionStage, z: NDArray, rng: Rng) => ({
  z,
  level: augmentation.sampleLevels(z.shape[0] as number, rng.fold('level')),
  noise: rng.fold('augmentation').normal(z.shape),
})

function checkDataset({ name, resolution, imageChannels, classNames }: Stage, dataset: ImageDataset): void {
  const [, height, width, channels] = dataset.images.shape as readonly number[]
  const fits = height === width && (height as number) % resolution === 0 && channels === imageChannels
  if (!fits)
    throw new Error(
      `stage '${name}': expected images of ${resolution}×${resolution}×${imageChannels} or a multiple of it, ` +
        `got ${height}×${width}×${channels} in '${dataset.name}'`,
    )
  if (classNames && String(classNames) !== String(dataset.classNames))
    throw new Error(
      `stage '${name}': expected the classes ${classNames.join(', ')}, got ${dataset.classNames.join(', ')} in '${dataset.name}'`,
    )
}
