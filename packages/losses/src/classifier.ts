import { CascadeError } from '@cascade-diffusion/checks'
import {
  type DiffusionProcess,
  type NoiseLevelTensors,
  type Schedule,
  type Steps,
  xtFrom,
} from '@cascade-diffusion/diffusion'
import {
  logSoftmax,
  mul,
  neg,
  oneHot,
  reshape,
  type Scalar,
  sum,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tile,
} from '@tensorflow/tfjs-core'
import { averageLoss, type LossInput } from './loss-input.ts'
import { levelOf } from './simple.ts'

/**
 * A classifier of noisy images as a function of tensors that closes over its weights. It gives logits [N, K] of `xt`
 * [N,H,W,C]. `noise`, float32 [N], is the noise level of each image in the unit of the process's `noiseInput`.
 */
export type NoisyClassifier = (xt: Tensor4D, noise: Tensor1D) => Tensor2D

/** A classifier, and the process whose noisy images it was trained on. */
export interface ClassifierModel {
  readonly classifier: NoisyClassifier
  readonly process: DiffusionProcess<Schedule>
}

/** The input of {@link classifierLoss}: N labelled images, and their noise. */
export interface ClassifierLossInput
  extends Pick<LossInput<undefined, Steps | NoiseLevelTensors>, 'x0' | 't' | 'weights'> {
  /** The class of each image from 0, int32 [N]. */
  readonly label: Tensor1D
  /**
   * Standard normal noise [N,H,W,C]. Default: none; the images stay clean, whatever noise level `t` conditions the
   * classifier on.
   */
  readonly epsilon?: Tensor4D
}

/**
 * ln p(label | image) of logits [N, K]: [N]. With a classifier's logits it is the `logProbability` of
 * `classifierGuidance`.
 * @param label int32 [N].
 */
export function labelLogProbability(logits: Tensor2D, label: Tensor1D): Tensor1D {
  const [, classes] = logits.shape
  // tfjs has no one-hot vectors of length 1; a single class is certain.
  if (classes === 1) return reshape(logSoftmax(logits), [-1])
  return sum(mul(logSoftmax(logits), oneHot(label, classes, 1, 0, 'float32')), 1)
}

/**
 * The cross entropy of each image's class at x_t, -ln p(label | x_t), in nats, [N]: the loss of classifiers that guide
 * a sampler (Dhariwal & Nichol 2021, section 4.1). For a classifier of clean images, such as an evaluator, leave out
 * `epsilon` and set `t` to 0. Traceable, differentiable in what the classifier closes over.
 * @throws if the logits are not one row for each image, or a process in continuous time is given steps.
 */
export function classifierLossPerExample(
  { classifier, process }: ClassifierModel,
  input: ClassifierLossInput,
): Tensor1D {
  const { x0, t, label, epsilon } = input
  const level = levelOf('classifierLoss', process, t)
  const n = x0.shape[0]
  const noise = level.noiseInput.shape[0] === n ? level.noiseInput : tile(level.noiseInput, [n])
  const logits = classifier(epsilon ? xtFrom({ x0, epsilon }, level) : x0, noise)
  if (logits.rank !== 2 || logits.shape[0] !== n)
    throw new CascadeError('input', `classifierLoss: expected logits [${n}, K], got [${logits.shape}]`)
  return neg(labelLogProbability(logits, label))
}

/** The cross entropy, averaged over the images with their weights: see {@link classifierLossPerExample}. */
export const classifierLoss = (model: ClassifierModel, input: ClassifierLossInput): Scalar =>
  averageLoss(classifierLossPerExample(model, input), input.weights)
