import { type ArraysOf, type Compile, concatenate, type NDArray, rows } from '@cascade-diffusion/arrays'
import { batch, type ImageDataset, shuffledIndices } from '@cascade-diffusion/data'
import {
  type ClassifierParams,
  classAccuracy,
  classifier,
  type FeatureStatistics,
  frechetDistance,
  inBatches,
  type LabelledImages,
  shiftImages,
  streamStatistics,
} from '@cascade-diffusion/metrics'
import { rng } from '@cascade-diffusion/random'
import { cosineRate, type Progress, type TrainResult, train } from '@cascade-diffusion/training'
import { type Tensor4D, tensor } from '@tensorflow/tfjs-core'
import type { TrainingPlan } from './plan.ts'

export interface TrainJudgeOptions {
  readonly dataset: ImageDataset
  readonly plan: TrainingPlan
  readonly seed: number
  readonly compile: Compile
  readonly checkpointPath: string
  readonly progress: (progress: Progress) => void
  readonly signal: AbortSignal
}

const networkOf = ({ images, classNames }: ImageDataset) =>
  classifier({
    resolution: images.shape[1] as number,
    imageChannels: images.shape[3] as number,
    numClasses: classNames.length,
  })

/** Trains the classifier that judges samples, on real images moved by up to two pixels. */
export function trainJudge(options: TrainJudgeOptions): Promise<TrainResult> {
  const { dataset, plan, seed, compile, checkpointPath, progress, signal } = options
  const { steps, batchSize, learningRate } = plan
  const network = networkOf(dataset)
  const key = rng(seed).fold('classifier')
  const indicesOf = shuffledIndices(dataset.labels.length, batchSize, key.fold('order'))
  return train<LabelledImages>({
    params: network.init(key.fold('weights')),
    loss: network.loss,
    batch(step, rng): ArraysOf<LabelledImages> {
      const { image, label } = batch(dataset, indicesOf(step))
      return { image: shiftImages(image, rng), label }
    },
    steps,
    seed,
    compile,
    learningRate: cosineRate(learningRate, steps, { warmup: 50 }),
    emaDecay: 0.99,
    checkpoint: {
      path: checkpointPath,
      kind: 'classifier',
      config: { classifier: network.config, data: dataset.name, batchSize, learningRate, steps },
    },
    progress,
    signal,
  })
}

/** Figures of generated images. */
export interface Score {
  /** Fréchet distances to real images, of the judge's features. */
  readonly fidTrain: number
  readonly fidTest: number
  /** The fraction that the judge takes for the class that was asked for. */
  readonly classAccuracy: number
  readonly perClass: readonly number[]
}

export interface Judge {
  /** The judge's accuracy on real images that it has not seen. */
  readonly testAccuracy: number
  /** The distance between the real training and test images: what a perfect generator would come to. */
  readonly fidOfTest: number
  score(images: NDArray<'float32'>, labels: NDArray<'int32'>): Promise<Score>
  dispose(): Promise<void>
}

const BATCH = 200

/** Prepares a trained classifier to judge: its accuracy, and the statistics of real images. */
export async function judgeOf(
  params: ClassifierParams<NDArray>,
  { trainSet, testSet, compile }: { trainSet: ImageDataset; testSet: ImageDataset; compile: Compile },
): Promise<Judge> {
  const network = networkOf(trainSet)
  const weights = () =>
    Object.fromEntries(Object.entries(params).map(([name, a]) => [name, tensor(a.data, [...a.shape], a.dtype)]))
  const features = compile((x: Tensor4D) => network.features(weights(), x))
  const logits = compile((x: Tensor4D) => network.logits(weights(), x))

  const ofImages = (images: NDArray) => ({
    count: images.shape[0] as number,
    batchSize: BATCH,
    batch: (from: number, to: number) => rows(images, from, to),
  })
  const ofDataset = (dataset: ImageDataset) => ({
    count: dataset.labels.length,
    batchSize: BATCH,
    batch: (from: number, to: number) =>
      batch(
        dataset,
        Array.from({ length: to - from }, (_, i) => from + i),
      ).image,
  })
  type Source = ReturnType<typeof ofImages>
  const statistics = (source: Source): Promise<FeatureStatistics> => streamStatistics(inBatches(features, source))
  const accuracy = async (source: Source, labels: NDArray) => {
    const parts: NDArray[] = []
    for await (const part of inBatches(logits, source)) parts.push(part)
    return classAccuracy(concatenate(parts), labels)
  }

  const realTrain = await statistics(ofDataset(trainSet))
  const realTest = await statistics(ofDataset(testSet))
  const testLabels = { dtype: 'int32', shape: [testSet.labels.length], data: testSet.labels } as const
  const { accuracy: testAccuracy } = await accuracy(ofDataset(testSet), testLabels)
  return {
    testAccuracy,
    fidOfTest: frechetDistance(realTest, realTrain).distance,
    async score(images, labels) {
      const generated = await statistics(ofImages(images))
      const { accuracy: right, perClass } = await accuracy(ofImages(images), labels)
      return {
        fidTrain: frechetDistance(generated, realTrain).distance,
        fidTest: frechetDistance(generated, realTest).distance,
        classAccuracy: right,
        perClass,
      }
    },
    async dispose() {
      await Promise.all([features.dispose(), logits.dispose()])
    },
  }
}
