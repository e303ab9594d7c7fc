import type { ArraysOf, NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, type KnownKeys, parseConfig, shown } from '@cascade-diffusion/checks'
import {
  describeSource,
  type ImageLoader,
  type ImageSource,
  imageSize,
  type LabelledBatch,
  type LabelledSource,
} from '@cascade-diffusion/data'
import {
  type DiffusionProcess,
  isDiscrete,
  migrateProcess,
  type NoiseLevelTensors,
  noiseLevelArrays,
  type ProcessConfig,
  processOf,
  processSchema,
  type Schedule,
} from '@cascade-diffusion/diffusion'
import { classifierLoss } from '@cascade-diffusion/losses'
import { type Rng, rng } from '@cascade-diffusion/random'
import { type Loss, type TrainResult, train } from '@cascade-diffusion/training'
import { type Encoder, migrateNetwork } from '@cascade-diffusion/unet'
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { noiseLevelsOf } from '../training/noise-levels/noise-levels-table.ts'
import { trainingImages } from '../training/training-images.ts'
import {
  checkRun,
  checkRunKeys,
  dropoutSeeds,
  runKeys,
  runLoader,
  runOptions,
  type TrainingRun,
} from '../training/training-run.ts'

/** Options of {@link trainClassifier}. */
export interface TrainClassifierOptions extends TrainingRun {
  /** The network, `encoder(config)` of `unet`, with one output for each class of the data. */
  readonly classifier: Encoder
  /**
   * The process of the model to guide: the classifier is conditioned on the noise in the same way. Prediction and
   * variance do not matter.
   */
  readonly process: ProcessConfig
  /**
   * Real images, at least as large as the classifier's and of the same aspect ratio, which are resized by averaging
   * areas.
   */
  readonly dataset: ImageSource
  /**
   * Whether it is trained on images at all noise levels, to guide, or on clean ones at time 0, to classify samples.
   * Default true.
   */
  readonly noised?: boolean
}

const trainClassifierKeys: KnownKeys<TrainClassifierOptions> = {
  ...runKeys,
  classifier: true,
  process: true,
  dataset: true,
  noised: true,
}

/** A training batch: real images, their classes, and their noise. */
interface ClassifierBatch {
  readonly x0: Tensor4D
  readonly label: Tensor1D
  /** The step of each image, int32 [N], or its noise level. */
  readonly t: Tensor1D | NoiseLevelTensors
  readonly epsilon?: Tensor4D | undefined
  /** The seeds of the network's dropout, int32 [N]. */
  readonly dropout?: Tensor1D | undefined
}

/** The description of a classifier in a checkpoint: a JSON value. */
export interface ClassifierDescription {
  readonly classifier: Encoder['config']
  readonly process: ProcessConfig
  readonly classNames: readonly string[]
  readonly noised: boolean
}

/** Brings the description of a classifier from a checkpoint before version 0.1 to the present form. Unchecked. */
export function migrateClassifier(config: unknown): unknown {
  const { classifier, process } = (config ?? {}) as Partial<ClassifierDescription>
  if (!classifier || !process) return config
  return { ...(config as object), classifier: migrateNetwork(classifier), process: migrateProcess(process) }
}

/**
 * Trains a classifier of noisy images, which can guide a sampler (Dhariwal & Nichol 2021, section 4), or of clean
 * images. The loss is the cross entropy of each image's class.
 * @throws if the data does not fit the classifier; and as `train`.
 */
export async function trainClassifier(options: TrainClassifierOptions): Promise<TrainResult> {
  checkRunKeys('trainClassifier', options, trainClassifierKeys)
  const { classifier, dataset, noised = true, batchSize, seed } = options
  if (typeof classifier?.apply !== 'function')
    throw new CascadeError(
      'input',
      `trainClassifier: expected a classifier, as encoder of unet makes them, got ${shown(classifier)}`,
    )
  checkRun('trainClassifier', options)
  const images = classifierImages(classifier, dataset)
  // The prediction does not matter to a classifier. In pure noise, where x0 does not follow from ε, its loss is
  // defined.
  const process = processOf({ ...parseConfig('process', processSchema, options.process), prediction: 'x0' })
  const key = rng(seed).fold('classifier')
  const description: ClassifierDescription = {
    classifier: classifier.config,
    process: options.process,
    classNames: images.classNames,
    noised,
  }
  const config = { ...description, data: describeSource(dataset), batchSize }
  const loss: Loss<ClassifierBatch> = (params, { dropout, ...input }) =>
    classifierLoss(
      { classifier: (xt, noise) => classifier.apply(params, xt, noise, dropout ? { dropout } : {}), process },
      input,
    )
  const loader = runLoader(images, options, key)
  try {
    return await train<ClassifierBatch>({
      params: classifier.init(key.fold('weights')),
      loss,
      batch: batches(classifier, process, loader, { batchSize, noised }),
      ...runOptions(options, 'classifier', config, migrateClassifier),
    })
  } finally {
    await loader.close()
  }
}

/** The batch of each step: a pure function of the step and its key. */
function batches(
  { config }: Encoder,
  process: DiffusionProcess<Schedule>,
  loader: ImageLoader<LabelledBatch>,
  { batchSize, noised }: { batchSize: number; noised: boolean },
) {
  const levels = noiseLevelsOf({ name: 'uniform' }, { where: 'classifier', process, loss: { name: 'simple' } })
  return async (step: number, rng: Rng): Promise<ArraysOf<ClassifierBatch>> => {
    const { image, label } = await loader.batch(step)
    const noise = noised
      ? { t: levels.draw(batchSize, rng.fold('t'), undefined).t, epsilon: rng.fold('epsilon').normal(image.shape) }
      : { t: timeZero(process, batchSize) }
    const seeds = config.dropout > 0 && { dropout: dropoutSeeds(batchSize, rng) }
    return { x0: image, label, ...noise, ...seeds }
  }
}

/** The noise input of a classifier of clean images. */
const timeZero = (
  process: DiffusionProcess<Schedule>,
  n: number,
): NDArray<'int32'> | ReturnType<typeof noiseLevelArrays> =>
  isDiscrete(process.schedule)
    ? { dtype: 'int32', shape: [n], data: new Int32Array(n) }
    : noiseLevelArrays(process, new Array(n).fill(0))

/** The labelled images that a classifier is trained on, at its resolution. */
function classifierImages({ config }: Encoder, dataset: ImageSource): LabelledSource {
  const images = trainingImages('classifier', dataset, imageSize('classifier', config.resolution), config.imageChannels)
  const { name, classNames } = images
  if (classNames?.length !== config.classes)
    throw new CascadeError(
      'input',
      `classifier: expected ${config.classes} classes, got ${classNames?.length ?? 'none'} in '${name}'`,
    )
  return { ...images, classNames }
}
