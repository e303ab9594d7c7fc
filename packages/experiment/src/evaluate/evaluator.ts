import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { imageLoader, type LabelledSource, randomShift, transformed } from '@cascade-diffusion/data'
import {
  type ClassAccuracyFigure,
  type ClassifierConfig,
  type ClassifierParams,
  classAccuracy,
  classifier,
  classifierExtractor,
  type Evaluator,
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
import type { ModelTraining } from '../plan/cascade-plan.ts'

/** Options of {@link trainEvaluator}. */
export interface TrainEvaluatorOptions {
  readonly dataset: LabelledSource
  readonly plan: ModelTraining
  readonly seed: number
  readonly compile: Compile
  readonly checkpointPath: string
  readonly progress?: (progress: TrainProgress) => void
  readonly signal?: AbortSignal
}

/**
 * Trains the classifier whose features the evaluator uses, on real images shifted by up to two pixels.
 * @throws as `train`.
 */
export async function trainEvaluator(options: TrainEvaluatorOptions): Promise<TrainResult> {
  const { dataset, plan, seed, compile, checkpointPath, progress, signal } = options
  const { batchSize, learningRate, ...loop } = plan
  const network = classifier(configOf(dataset))
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
      batch: loader.batch,
      seed,
      compile,
      // As a function, it is part of the description below and not of the optimiser's.
      learningRate: learningRateOf(learningRate, plan.steps),
      checkpoint: {
        path: checkpointPath,
        kind: 'evaluator',
        config: { classifier: network.config, data: dataset.name, batchSize, learningRate, steps: plan.steps },
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

const metrics = { fid: fid(), classAccuracy: classAccuracy() }

/** The figures of images. */
export interface ExperimentFigures {
  /** The Fréchet distances to the training and to the test images. */
  readonly fid: { readonly train: FidFigure; readonly test: FidFigure }
  /** How often the classifier assigns an image to its class. */
  readonly classAccuracy: ClassAccuracyFigure
}

/** The evaluator of an experiment, with what it says of the real test images. */
export interface ExperimentEvaluator extends Evaluator<typeof metrics, 'train' | 'test'> {
  /**
   * The figures of the real test images: the classifier's accuracy on images that it has not seen, and the distance to
   * the training images that a perfect generator would come to.
   */
  readonly ofTest: ExperimentFigures
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

/** Options of {@link evaluatorOf}. */
export interface EvaluatorOfOptions {
  /** Real images, of the size of those that are evaluated. */
  readonly trainSet: LabelledSource
  readonly testSet: LabelledSource
  readonly compile: Compile
  readonly signal?: AbortSignal
}

/**
 * Prepares an evaluator that uses the features of a trained classifier.
 * @throws of code `interrupted` if the signal ended it.
 */
export async function evaluatorOf(
  params: ClassifierParams<NDArray>,
  { trainSet, testSet, compile, signal }: EvaluatorOfOptions,
): Promise<ExperimentEvaluator> {
  const extractor = classifierExtractor({ config: configOf(trainSet), params, compile })
  try {
    const made = await evaluator({ extractor, metrics, references: { train: trainSet, test: testSet }, signal })
    return { ...made, ofTest: await made.evaluate(testSet, { signal }), dispose: extractor.dispose }
  } catch (error) {
    await extractor.dispose()
    throw error
  }
}

const configOf = ({ name, size, channels, classNames }: LabelledSource): ClassifierConfig => {
  if (!size) throw new CascadeError('data', `evaluator: expected images of one size, got several in '${name}'`)
  const resolution = size[0] === size[1] ? size[0] : size
  return { resolution, imageChannels: channels, numClasses: classNames.length }
}
