import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import { imageBatches, type LabelledSource, randomShift, transformed } from '@cascade-diffusion/data'
import {
  type ClassifierConfig,
  type ClassifierParams,
  classAccuracy,
  classifier,
  classifierExtractor,
  type Evaluator,
  evaluator,
  type Figures,
  fid,
  type LabelledImages,
} from '@cascade-diffusion/metrics'
import { rng } from '@cascade-diffusion/random'
import { cosineRate, type Description, type TrainProgress, type TrainResult, train } from '@cascade-diffusion/training'
import { migrateNetwork } from '@cascade-diffusion/unet'
import type { TrainingPlan } from './plan.ts'

export interface TrainEvaluatorOptions {
  readonly dataset: LabelledSource
  readonly plan: TrainingPlan
  readonly seed: number
  readonly compile: Compile
  readonly checkpointPath: string
  readonly progress: (progress: TrainProgress) => void
  readonly signal: AbortSignal
}

/**
 * Trains the classifier that the evaluator sees images through, on real images moved by up to two pixels.
 * @throws as `train`.
 */
export function trainEvaluator(options: TrainEvaluatorOptions): Promise<TrainResult> {
  const { dataset, plan, seed, compile, checkpointPath, progress, signal } = options
  const { steps, batchSize, learningRate } = plan
  const network = classifier(configOf(dataset))
  const key = rng(seed).fold('classifier')
  return train<LabelledImages>({
    params: network.init(key.fold('weights')),
    loss: network.loss,
    batch: imageBatches(transformed(dataset, randomShift()), { batchSize, rng: key.fold('order') }),
    steps,
    seed,
    compile,
    learningRate: cosineRate(learningRate, steps, { warmup: 50 }),
    averages: { ema: { decay: 0.99 } },
    checkpoint: {
      path: checkpointPath,
      kind: 'evaluator',
      config: { classifier: network.config, data: dataset.name, batchSize, learningRate, steps },
      migrate,
    },
    progress,
    signal,
  })
}

/** Older versions called the kind `classifier`, as that of the classifiers that guide sampling. */
const migrate = ({ kind, config }: Description): Description => {
  const { classifier } = (config ?? {}) as { readonly classifier?: unknown }
  return {
    kind: kind === 'classifier' ? 'evaluator' : kind,
    config: classifier ? { ...(config as object), classifier: migrateNetwork(classifier) } : config,
  }
}

const metrics = { fid: fid(), classAccuracy: classAccuracy() }

/** The figures of generated images: FID against the training and the test images, and class accuracy. */
export type Evaluation = Figures<typeof metrics, 'train' | 'test'>

/** The evaluator of an experiment, with what it says of the real test images. */
export interface ExperimentEvaluator extends Evaluator<typeof metrics, 'train' | 'test'> {
  /**
   * The figures of the real test images: the classifier's accuracy on images that it has not seen, and the distance to the training
   * images that a perfect generator would come to.
   */
  readonly ofTest: Evaluation
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

/** Prepares an evaluator that sees images through a trained classifier. */
export async function evaluatorOf(
  params: ClassifierParams<NDArray>,
  { trainSet, testSet, compile }: { trainSet: LabelledSource; testSet: LabelledSource; compile: Compile },
): Promise<ExperimentEvaluator> {
  const extractor = classifierExtractor({ config: configOf(trainSet), params, compile })
  const made = await evaluator({ extractor, metrics, references: { train: trainSet, test: testSet } })
  return { ...made, ofTest: await made.evaluate(testSet), dispose: extractor.dispose }
}

const configOf = ({ size, channels, classNames }: LabelledSource): ClassifierConfig => ({
  resolution: size?.[0] as number,
  imageChannels: channels,
  numClasses: classNames.length,
})
