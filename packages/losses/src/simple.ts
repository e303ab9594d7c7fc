import { CascadeError, checkFunction, checkOneOf, checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import {
  type DiffusionModel,
  type DiffusionProcess,
  evaluateNetwork,
  isDiscrete,
  type NoiseLevelTensors,
  noiseLevelAt,
  predictionTarget,
  type Schedule,
  type Steps,
  xtFrom,
} from '@cascade-diffusion/diffusion'
import {
  abs,
  div,
  mul,
  reshape,
  type Scalar,
  square,
  squaredDifference,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
} from '@tensorflow/tfjs-core'
import { averageLoss, type LossInput, meanOverImage } from './loss-input.ts'
import type { Weighting } from './weightings.ts'

/** Options of {@link simpleLoss}. */
export interface SimpleLossOptions {
  /** The error: squared (`l2`, DDPM) or absolute (`l1`, SR3 and WaveGrad). Default `l2`. */
  readonly norm?: 'l1' | 'l2'
  /** The weight of the error at each noise level: `minSnr()`, `p2()`, `edm()`. Default: the same everywhere. */
  readonly weighting?: Weighting
}

/** The names of {@link SimpleLossOptions}. */
export const simpleKeys: KnownKeys<SimpleLossOptions> = { norm: true, weighting: true }

/**
 * The simple loss of each example, [N]: the mean over an image's values of (ε - ε_θ(x_t, t))² (DDPM, equation 14), or
 * the same of x0 or v if the process's network predicts that. It does not depend on a learned variance. A traceable
 * function of tensors, differentiable in what the network closes over.
 * @throws if the network's output does not fit the images and the variance, or a process in continuous time is given
 * steps.
 */
export function simpleLossPerExample<C>(
  model: DiffusionModel<C, Schedule>,
  input: LossInput<C, Steps | NoiseLevelTensors>,
  options: SimpleLossOptions = {},
): Tensor1D {
  checkOptions('simpleLoss', options, simpleKeys)
  const level = levelOf('simpleLoss', model.process, input.t)
  const { prediction } = evaluateNetwork(model, xtFrom(input, level), level.noiseInput, input.condition)
  return predictionError(model, input, level, prediction, options)
}

/** The simple loss, averaged over the examples with their weights: see {@link simpleLossPerExample}. */
export function simpleLoss<C>(
  model: DiffusionModel<C, Schedule>,
  input: LossInput<C, Steps | NoiseLevelTensors>,
  options: SimpleLossOptions = {},
): Scalar {
  return averageLoss(simpleLossPerExample(model, input, options), input.weights)
}

/** The error of a prediction, [N]. */
export function predictionError<C>(
  { process }: DiffusionModel<C, Schedule>,
  truth: Pick<LossInput<C>, 'x0' | 'epsilon'>,
  level: NoiseLevelTensors,
  prediction: Tensor4D,
  { norm = 'l2', weighting }: SimpleLossOptions,
): Tensor1D {
  checkOneOf('simpleLoss', 'a norm', norm, ['l1', 'l2'])
  if (weighting !== undefined) checkFunction('simpleLoss', 'weighting', weighting, 'minSnr(), p2(), edm()')
  const target = predictionTarget(process.prediction, truth, level)
  const error = norm === 'l2' ? squaredDifference(target, prediction) : abs(sub(target, prediction))
  const losses = meanOverImage(error as Tensor4D)
  if (!weighting) return losses
  const weight: Tensor = weighting(square(div(level.alpha, level.sigma)), process.prediction)
  return mul(losses, reshape(weight, [weight.size]))
}

/**
 * The noise levels of steps, or those given. @throws on steps of a process in continuous time; the error names `loss`.
 */
export function levelOf(
  loss: string,
  process: DiffusionProcess<Schedule>,
  t: Steps | NoiseLevelTensors,
): NoiseLevelTensors {
  if (typeof t === 'object' && 'alpha' in t) return t
  const { schedule } = process
  if (isDiscrete(schedule)) return noiseLevelAt({ ...process, schedule }, t)
  throw new CascadeError(
    'input',
    `${loss}: expected noise levels, as noiseLevelArrays makes them, of a process in continuous time; got steps`,
  )
}
