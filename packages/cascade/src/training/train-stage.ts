import type { ArraysOf, NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError, type KnownKeys, shown } from '@cascade-diffusion/checks'
import {
  type AugmentationDraw,
  type ConditioningAugmentation,
  tryAugmentation,
} from '@cascade-diffusion/conditioning-augmentation'
import { describeSource, type ImageLoader, type ImageSource, randomFlip, transformed } from '@cascade-diffusion/data'
import { dropLabels, type NoiseLevelTensors } from '@cascade-diffusion/diffusion'
import { averageLoss, defaultLoss, type ExampleLoss, lossOf } from '@cascade-diffusion/losses'
import { type Rng, rng } from '@cascade-diffusion/random'
import { lossHistoryOf, recordLosses } from '@cascade-diffusion/schedules'
import { type Loss, type TrainResult, train } from '@cascade-diffusion/training'
import type { UNetCondition } from '@cascade-diffusion/unet'
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { migrateStageRun } from '../stage/migrate-stage.ts'
import type { Stage, SuperResolutionStage } from '../stage/stage.ts'
import { checkWeighting } from './check-weighting.ts'
import type { NoiseLevelSampler } from './noise-levels/noise-level-sampler.ts'
import { noiseLevelsOf } from './noise-levels/noise-levels-table.ts'
import { smallImages, stageImages } from './training-images.ts'
import type { TrainingObjective } from './training-objective.ts'
import {
  checkRun,
  checkRunKeys,
  dropoutSeeds,
  runKeys,
  runLoader,
  runOptions,
  type TrainingRun,
} from './training-run.ts'

/** Options of {@link trainStage}. */
export interface TrainStageOptions extends TrainingObjective, TrainingRun {
  readonly stage: Stage
  /**
   * Real images, at least as large as the stage's and of the same aspect ratio. They are resized by averaging areas, and
   * once more to the small images that a super-resolution stage is conditioned on.
   */
  readonly dataset: ImageSource
  /** Whether each image is mirrored left to right with probability ½, together with its small image. Default false. */
  readonly randomFlips?: boolean
}

const trainStageKeys: KnownKeys<TrainStageOptions> = {
  ...runKeys,
  stage: true,
  dataset: true,
  randomFlips: true,
  loss: true,
  noiseLevels: true,
}

/** A training batch: real images, and everything that is drawn for them. */
interface StageBatch {
  readonly x0: Tensor4D
  /** The step of each image, int32 [N], or its noise level. */
  readonly t: Tensor1D | NoiseLevelTensors
  /** The weights that compensate for unequal probabilities of steps, float32 [N]. */
  readonly weights?: Tensor1D | undefined
  readonly epsilon: Tensor4D
  readonly label: Tensor1D | undefined
  readonly lowRes: LowResBatch | undefined
  /** The seeds of the network's dropout, int32 [N]. */
  readonly dropout?: Tensor1D | undefined
}

interface LowResBatch {
  /** Real small images z. */
  readonly z: Tensor4D
  /** The draw of their augmentation. */
  readonly drawn: AugmentationDraw
}

/**
 * Trains one stage of a cascade by itself, on real images: Algorithm 1 of the paper. A super-resolution stage is
 * conditioned on real small images, each corrupted by its conditioning augmentation to a random level, and on that
 * level.
 * @throws before the first step if an option is missing or unknown, or the data or the objective do not fit the stage;
 * and as `train`.
 */
export async function trainStage(options: TrainStageOptions): Promise<TrainResult> {
  checkRunKeys('trainStage', options, trainStageKeys)
  const { stage, dataset, batchSize, randomFlips = false, seed, compile } = options
  if (typeof stage?.network?.apply !== 'function')
    throw new CascadeError(
      'input',
      `trainStage: expected a stage, as baseStage and superResolutionStage make them, got ${shown(stage)}`,
    )
  const { loss = defaultLoss(stage), noiseLevels = { name: 'uniform' } } = options
  checkRun('trainStage', options)
  const real = stageImages(stage, dataset)
  const images = randomFlips ? transformed(real, randomFlip()) : real
  const context = { where: `stage '${stage.name}'`, process: stage.process, loss }
  const lossOfEach = lossOf(loss, context)
  const levels = noiseLevelsOf(noiseLevels, context)
  await checkWeighting(stage, loss, noiseLevels, compile)
  if (stage.kind === 'super-resolution')
    await tryAugmentation(stage.augmentation, [...stage.lowSize, stage.imageChannels], compile)
  const key = rng(seed).fold(stage.name)
  const config = {
    stage: stage.description,
    data: describeSource(dataset),
    batchSize,
    ...(options.loss && { loss }),
    ...(options.noiseLevels && { noiseLevels }),
    ...(options.randomFlips && { randomFlips: true }),
  }
  const loader = runLoader(images, options, key)
  try {
    return await train<StageBatch>({
      params: stage.network.init(key.fold('weights')),
      loss: stageLoss(stage, lossOfEach, levels),
      batch: batches(stage, loader, batchSize, levels),
      memory: levels.history && { initial: levels.history, record: recordBatch },
      ...runOptions(options, 'cascade stage', config, migrateStageRun),
    })
  } finally {
    await loader.close()
  }
}

/** The training loss, for given noise, conditioned on augmented small images. */
function stageLoss(stage: Stage, lossOfEach: ExampleLoss, { history }: NoiseLevelSampler): Loss<StageBatch> {
  const augmentation = augmentationOf(stage)
  return (params, { x0, t, weights, epsilon, label, lowRes, dropout }) => {
    const condition: UNetCondition = {
      label,
      ...(lowRes && augmentation && augmented(augmentation, lowRes)),
      dropout,
    }
    const network = (xt: Tensor4D, noise: Tensor1D, c: UNetCondition) => stage.network.apply(params, xt, noise, c)
    const each = lossOfEach({ network, process: stage.process }, { x0, t, epsilon, condition })
    return history ? { loss: averageLoss(each, weights), each } : averageLoss(each)
  }
}

/** The history with the losses of a batch. */
const recordBatch = (memory: Params<NDArray>, { t }: ArraysOf<StageBatch>, losses: Float32Array): Params<NDArray> =>
  recordLosses(lossHistoryOf(memory), (t as NDArray<'int32'>).data, losses)

/** The augmentation of a super-resolution stage. */
const augmentationOf = (stage: Stage): ConditioningAugmentation | undefined =>
  stage.kind === 'super-resolution' ? stage.augmentation : undefined

const augmented = (augmentation: ConditioningAugmentation, { z, drawn }: LowResBatch): UNetCondition => ({
  lowRes: augmentation.apply(z, drawn),
  augmentationLevel: drawn.level,
})

/**
 * The batch of each step: a pure function of the step and its key, and of the history of losses if noise levels are
 * drawn by it.
 */
function batches(stage: Stage, loader: ImageLoader, batchSize: number, levels: NoiseLevelSampler) {
  return async (step: number, rng: Rng, memory: Params<NDArray>): Promise<ArraysOf<StageBatch>> => {
    const { image, label } = await loader.batch(step)
    return {
      x0: image,
      ...levels.draw(batchSize, rng.fold('t'), levels.history && lossHistoryOf(memory)),
      epsilon: rng.fold('epsilon').normal(image.shape),
      label: stage.classNames && label && keptLabels(stage, label, rng),
      lowRes: stage.kind === 'super-resolution' ? lowResBatch(stage, image, rng) : undefined,
      dropout: drops(stage) ? dropoutSeeds(batchSize, rng) : undefined,
    }
  }
}

/** The labels, some of them dropped, so that the network is also trained unconditionally. */
const keptLabels = ({ labelDropout }: Stage, label: NDArray<'int32'>, rng: Rng): NDArray<'int32'> =>
  labelDropout > 0 ? dropLabels(label, { probability: labelDropout, rng: rng.fold('label') }) : label

/** Whether the network of a stage drops values in training: whether its configuration has a `dropout` above 0. */
const drops = ({ network: { config } }: Stage): boolean =>
  typeof config === 'object' && config !== null && 'dropout' in config && Number(config.dropout) > 0

/** The small images of large ones, and the draw of their augmentation. */
function lowResBatch(stage: SuperResolutionStage, image: NDArray<'float32'>, rng: Rng) {
  const z = smallImages(stage, image)
  return { z, drawn: stage.augmentation.draw({ shape: z.shape, rng }) }
}
