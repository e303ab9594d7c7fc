import { CascadeError } from '@cascade-diffusion/checks'
import type { DiscreteSchedule } from '@cascade-diffusion/schedules'
import { exp, type Tensor4D } from '@tensorflow/tfjs-core'
import { checkDiscrete, checkImageTensors, checkRecord } from '../checks.ts'
import { type Denoised, type DenoiserOptions, denoiser } from '../model/denoiser.ts'
import { gatherForImages } from '../process/gather.ts'
import { noiseLevelAt } from '../process/noise-level.ts'
import type { DiffusionModel, Variance } from '../process/process.ts'
import { checkSteps, type Steps } from '../process/steps.ts'
import { type Gaussian, qPosterior } from './posterior.ts'

/** p(x_{t-1} | x_t), and the data and noise that the model predicts from x_t. */
export interface ReverseStep extends Gaussian, Pick<Denoised, 'x0' | 'epsilon'> {}

/**
 * The model's p(x_{t-1} | x_t) (DDPM, equation 1), with one step t for each image or one for all. Its mean is the
 * posterior's at the x0 that the model predicts. The variance is [N,H,W,C] if it is learned, else [N,1,1,1], or
 * [1,1,1,1] with one step for all. At t = 0 the fixed variances are the posterior's of t = 1, as in Improved DDPM's
 * code: only likelihoods use them there, since sampling adds no noise. Traceable.
 * @throws if `xt` is not a batch of images; if t is not a step of the process (of a tensor: when it is computed); if
 * the network's output does not fit `xt` and the variance; or if it predicts epsilon at a step of pure noise.
 */
export function pMeanVariance<C>(
  model: DiffusionModel<C>,
  xt: Tensor4D,
  t: Steps,
  condition: C,
  options: DenoiserOptions = {},
): ReverseStep {
  checkRecord('pMeanVariance', 'a model', model, ['network', 'process'])
  const { schedule, variance, prediction } = model.process
  checkDiscrete('pMeanVariance', schedule)
  checkImageTensors('pMeanVariance', { xt })
  checkSteps('pMeanVariance', t, xt.shape[0])
  const at = typeof t === 'number' ? t : schedule.betas.length - 1
  if (prediction === 'epsilon' && schedule.alphasCumprod[at] === 0)
    throw new CascadeError(
      'input',
      `pMeanVariance: nothing of the data is left at step ${at} to predict from epsilon; x0 or v can`,
    )
  const { x0, epsilon, logVariance: learned } = denoiser(model, options)(xt, noiseLevelAt(model.process, t), condition)
  const posterior = qPosterior(schedule, x0, xt, t)
  if (variance === 'fixed-small') return { ...posterior, x0, epsilon }
  const large = gatherForImages(logLargeVariances(schedule, variance), t)
  const logVariance = learned?.({ small: posterior.logVariance, large }) ?? large
  return { mean: posterior.mean, variance: exp(logVariance), logVariance, x0, epsilon }
}

/** ln β_t; of a fixed variance, ln β̃_1 in place of ln β_0. */
function logLargeVariances({ betas, posteriorLogVarianceClipped }: DiscreteSchedule, variance: Variance): Float64Array {
  const logBetas = betas.map(Math.log)
  if (variance === 'fixed-large') logBetas[0] = posteriorLogVarianceClipped[0]!
  return logBetas
}
