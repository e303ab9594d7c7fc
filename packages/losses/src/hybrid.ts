import { CascadeError, checkOptions } from '@cascade-diffusion/checks'
import {
  type DiffusionModel,
  evaluateNetwork,
  keepX0,
  noiseLevelAt,
  type Steps,
  xtFrom,
} from '@cascade-diffusion/diffusion'
import { stopGradient } from '@cascade-diffusion/ops'
import { add, concat, mul, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import { averageLoss, type LossInput } from './loss-input.ts'
import { predictionError, type SimpleLossOptions, simpleKeys } from './simple.ts'
import { vlbTermAt } from './vlb.ts'

/** Options of {@link hybridLoss}. */
export interface HybridLossOptions extends SimpleLossOptions {
  /**
   * λ, which multiplies the bound's term. Default T / 1000, OpenAI's `RESCALED_MSE`: 0.001 of an estimate of the whole
   * bound (Improved DDPM, equation 16). 1 is its `MSE`.
   */
  readonly vlbWeight?: number
}

/** The hybrid loss of each example, and its two parts, each [N]: loss = mse + vb. */
export interface HybridLosses {
  readonly loss: Tensor1D
  /** The simple loss. */
  readonly mse: Tensor1D
  /** The term of the variational bound in bits per dimension, times λ. */
  readonly vb: Tensor1D
}

/**
 * The hybrid loss of each example: L_simple + λ L_vlb (Improved DDPM, Nichol & Dhariwal 2021, equation 16), for
 * networks that learn the variance. The bound trains the variance only: the gradient takes its mean as a constant. x0
 * is not clipped. Traceable, differentiable in what the network closes over.
 * @throws if the process's variance is not learned, or the network's output does not fit.
 */
export function hybridLossPerExample<C>(
  model: DiffusionModel<C>,
  input: LossInput<C, Steps>,
  options: HybridLossOptions = {},
): HybridLosses {
  checkOptions('hybridLoss', options, { ...simpleKeys, vlbWeight: true })
  const { process } = model
  const { vlbWeight = process.schedule.betas.length / 1000, ...simple } = options
  const level = noiseLevelAt(process, input.t)
  const xt = xtFrom(input, level)
  const { prediction, variance } = evaluateNetwork(model, xt, level.noiseInput, input.condition)
  if (!variance)
    throw new CascadeError(
      'input',
      `hybridLoss: expected a process whose variance is learned or learned-range, got ${process.variance}`,
    )
  const frozen = concat([stopGradient(prediction), variance], 3)
  const term = vlbTermAt({ network: () => frozen, process }, { ...input, xt }, { processX0: keepX0 })
  const [mse, vb] = [predictionError(model, input, level, prediction, simple), mul(term.bits, vlbWeight) as Tensor1D]
  return { loss: add(mse, vb), mse, vb }
}

/** The hybrid loss, averaged over the examples with their weights: see {@link hybridLossPerExample}. */
export function hybridLoss<C>(
  model: DiffusionModel<C>,
  input: LossInput<C, Steps>,
  options: HybridLossOptions = {},
): Scalar {
  return averageLoss(hybridLossPerExample(model, input, options).loss, input.weights)
}
