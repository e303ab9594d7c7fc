import { checkOptions } from '@cascade-diffusion/checks'
import {
  type DenoiserOptions,
  type DiffusionModel,
  keepX0,
  pMeanVariance,
  qPosterior,
  qSample,
  type Steps,
} from '@cascade-diffusion/diffusion'
import {
  div,
  equal,
  mul,
  neg,
  reshape,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  where,
} from '@tensorflow/tfjs-core'
import { discretizedGaussianLogLikelihood, gaussianKl } from './gaussians.ts'
import { averageLoss, type LossInput, meanOverImage } from './loss-input.ts'

/** A term of the variational bound, and the model's predictions that it comes from. */
export interface VlbTerm {
  /** [N], in bits per dimension. */
  readonly bits: Tensor1D
  readonly x0: Tensor4D
  readonly epsilon: Tensor4D
}

/**
 * The term L_t of the variational bound for each example (DDPM, equation 5; Improved DDPM, equations 4 to 7) in bits
 * per dimension: KL(q(x_{t-1} | x_t, x0) ‖ p(x_{t-1} | x_t)), and at t = 0 -ln p(x0 | x_0) of images of 256 levels. A
 * traceable function of tensors. It clips x0, as evaluations do, unless `processX0` says otherwise.
 * @throws if the network's output does not fit the images and the variance.
 */
export function vlbTerm<C>(
  model: DiffusionModel<C>,
  { x0, t, epsilon, condition }: LossInput<C, Steps>,
  options: DenoiserOptions = {},
): VlbTerm {
  return vlbTermAt(model, { x0, t, condition, xt: qSample(model.process.schedule, x0, t, epsilon) }, options)
}

/** {@link vlbTerm} for a given x_t. */
export function vlbTermAt<C>(
  model: DiffusionModel<C>,
  { x0, xt, t, condition }: Omit<LossInput<C, Steps>, 'epsilon'> & { readonly xt: Tensor4D },
  options: DenoiserOptions,
): VlbTerm {
  const p = pMeanVariance(model, xt, t, condition, options)
  const kl = meanOverImage(gaussianKl(qPosterior(model.process.schedule, x0, xt, t), p))
  const decoder = meanOverImage(neg(discretizedGaussianLogLikelihood(x0, p)))
  const nats = typeof t === 'number' ? (t === 0 ? decoder : kl) : where(isFirst(t), decoder, kl)
  return { bits: div(nats, Math.LN2), x0: p.x0, epsilon: p.epsilon }
}

const isFirst = (t: Tensor): Tensor => equal(reshape(t, [t.size]), 0)

/** Options of {@link klLoss}. */
export interface KlLossOptions {
  /**
   * The factor of the bound's term. Default T: the loss is then an estimate of the whole bound, OpenAI's `RESCALED_KL`.
   * 1 is its `KL`.
   */
  readonly vlbWeight?: number
}

/**
 * The variational bound as a loss of each example, [N]: its term at the example's step in bits per dimension, times T
 * (Improved DDPM, L_vlb; OpenAI's `use_kl`). x0 is not clipped. Traceable, differentiable in what the network closes
 * over.
 * @throws as {@link vlbTerm}.
 */
export function klLossPerExample<C>(
  model: DiffusionModel<C>,
  input: LossInput<C, Steps>,
  options: KlLossOptions = {},
): Tensor1D {
  checkOptions('klLoss', options, { vlbWeight: true })
  const { vlbWeight = model.process.schedule.betas.length } = options
  return mul(vlbTerm(model, input, { processX0: keepX0 }).bits, vlbWeight)
}

/** The variational bound, averaged over the examples with their weights: see {@link klLossPerExample}. */
export function klLoss<C>(model: DiffusionModel<C>, input: LossInput<C, Steps>, options: KlLossOptions = {}): Scalar {
  return averageLoss(klLossPerExample(model, input, options), input.weights)
}
