import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { type ImageSource, imageLoader, type LabelledBatch, randomShift, transformed } from '@cascade-diffusion/data'
import {
  type ClassAccuracyFigure,
  type ClassifierConfig,
  type ClassifierParams,
  type CollectOptions,
  classAccuracy,
  classifier,
  classifierExtractor,
  type EvaluatedImages,
  evaluator,
  type FidFigure,
  fid,
  type LabelledImages,
} from '@cascade-diffusion/metrics'
import { rng } from '@cascade-diffusion/random'
import {
  batchKey,
  type Description,
  learningRateOf,
  type TrainProgress,
  type TrainResult,
  train,
} from '@cascade-diffusion/training'
import type { EvaluationPlan, ModelTraining } from '../plan/cascade-plan.ts'
import { randomlyTurned, turnedImages, turnsOf } from './turned-images.ts'

/** Options of {@link trainEvaluator}. */
export interface TrainEvaluatorOptions {
  readonly dataset: ImageSource
  readonly features: EvaluationPlan['features']
  readonly plan: ModelTraining
  readonly seed: number
  readonly compile: Compile
  readonly checkpointPath: string
  readonly progress?: (progress: TrainProgress) => void
  readonly signal?: AbortSignal
}

/**
 * Trains the classifier whose features the evaluator uses, on real images shifted by up to two pixels: to tell their classes apart, or the
 * turns that each was given at random.
 * @throws as `train`.
 */
export async function trainEvaluator(options: TrainEvaluatorOptions): Promise<TrainResult> {
  const { dataset, features, plan, seed, compile, checkpointPath, progress, signal } = options
  const { batchSize, learningRate, ...loop } = plan
  const network = classifier(configOf(dataset, features))
  const key = rng(seed).fold('classifier')
  const loader = imageLoader(transformed(dataset, randomShift()), {
    batchSize,
    rng: key.fold('order'),
    draws: batchKey(seed),
  })
  try {
    return await train<LabelledImages>({
      ...loop,
      params: network.init(key.fold('weights')),
      loss: network.loss,
      batch: async (step, rng) => {
        const batch = await loader.batch(step)
        return features === 'rotations' ? randomlyTurned(batch.image, rng.fold('turn')) : (batch as LabelledBatch)
      },
      seed,
      compile,
      // As a function, it is part of the description below and not of the optimiser's.
      learningRate: learningRateOf(learningRate, plan.steps),
      checkpoint: {
        path: checkpointPath,
        kind: 'evaluator',
        config: {
          classifier: network.config,
          data: dataset.name,
          batchSize,
          learningRate,
          steps: plan.steps,
          ...(features === 'rotations' && { features }),
        },
        migrate,
      },
      progress,
      signal,
    })
  } finally {
    await loader.close()
  }
}

/**
 * Older versions called the kind `classifier`, as that of the classifiers that guide sampling, and said of the learning
 * rate where it begins.
 */
function migrate({ kind, config }: Description): Description {
  const { learningRate } = (config ?? {}) as { readonly learningRate?: unknown }
  const isOld = kind === 'classifier' && typeof learningRate === 'number'
  if (!isOld) return { kind, config }
  return {
    kind: 'evaluator',
    config: { ...(config as object), learningRate: { name: 'cosine', rate: learningRate, warmup: 50 } },
  }
}

/** The figures of images. */
export interface ExperimentFigures {
  /** The Fréchet distances to the training and to the test images. */
  readonly fid: { readonly train: FidFigure; readonly test: FidFigure }
  /** How often the classifier assigns an image to its class, if images have classes. */
  readonly classAccuracy?: ClassAccuracyFigure
}

/** The evaluator of an experiment, with what it says of the real test images. */
export interface ExperimentEvaluator {
  /** The figures of images, with their labels if they are labelled. */
  evaluate(images: EvaluatedImages, options?: CollectOptions): Promise<ExperimentFigures>
  /** The figures of the real test images, such as the distance to the training images that a perfect generator would come to. */
  readonly ofTest: ExperimentFigures
  /** How often its network tells the class, or the turn, of real images that it has not seen. */
  readonly accuracy: number
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

/** Options of {@link evaluatorOf}. */
export interface EvaluatorOfOptions {
  readonly features: EvaluationPlan['features']
  /** Whether the images that are evaluated have labels. */
  readonly labelled: boolean
  /** Real images, of the size of those that are evaluated. */
  readonly trainSet: ImageSource
  readonly testSet: ImageSource
  readonly compile: Compile
  readonly signal?: AbortSignal
}

/**
 * Prepares an evaluator that uses the features of a trained classifier.
 * @throws of code `interrupted` if the signal ended it.
 */
export async function evaluatorOf(
  params: ClassifierParams<NDArray>,
  { features, labelled, trainSet, testSet, compile, signal }: EvaluatorOfOptions,
): Promise<ExperimentEvaluator> {
  const extractor = classifierExtractor({ config: configOf(trainSet, features), params, compile })
  const references = { train: trainSet, test: testSet }
  const accuracyOf = async (images: ImageSource): Promise<number> => {
    const alone = await evaluator({ extractor, metrics: { accuracy: classAccuracy() } })
    return (await alone.evaluate(images, { signal })).accuracy.value
  }
  try {
    const { evaluate }: Pick<ExperimentEvaluator, 'evaluate'> =
      features === 'classes' && labelled
        ? await evaluator({ extractor, metrics: { fid: fid(), classAccuracy: classAccuracy() }, references, signal })
        : await evaluator({ extractor, metrics: { fid: fid() }, references, signal })
    const ofTest = await evaluate(testSet, { signal })
    const accuracy =
      ofTest.classAccuracy?.value ?? (await accuracyOf(features === 'rotations' ? turnedImages(testSet) : testSet))
    return { evaluate, ofTest, accuracy, dispose: extractor.dispose }
  } catch (error) {
    await extractor.dispose()
    throw error
  }
}

function configOf(
  { name, size, channels, classNames }: ImageSource,
  features: EvaluationPlan['features'],
): ClassifierConfig {
  if (!size) throw new CascadeError('data', `evaluator: expected images of one size, got several in '${name}'`)
  const resolution = size[0] === size[1] ? size[0] : size
  const numClasses = features === 'rotations' ? turnsOf(size) : classNames?.length
  if (numClasses === undefined)
    throw new CascadeError('data', `evaluator: expected images with classes, got none in '${name}'`)
  return { resolution, imageChannels: channels, numClasses }
}
