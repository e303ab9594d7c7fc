import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { type DenoiserOptions, denoiser } from './denoiser.ts'
import { gatherForImages } from './gather.ts'
import { noiseLevelAt } from './noise-level.ts'
import { type Gaussian, qPosterior } from './posterior.ts'
import type { DiffusionModel } from './process.ts'

/**
 * The model's p(x_{t-1} | x_t) (DDPM, equation 1), with one step t for each image (int32 [N], 0 … T-1), and the x0 that
 * it predicts. The log variance is [N,1,1,1]. At t = 0 both variance types have the posterior's variance of t = 1, as in
 * Improved DDPM's code: there it only serves likelihoods, since sampling adds no noise. Traceable.
 */
export function pMeanVariance<C>(
  model: DiffusionModel<C>,
  xt: Tensor4D,
  t: Tensor1D,
  condition: C,
  options: DenoiserOptions = {},
): Gaussian & { readonly x0: Tensor4D } {
  const { schedule, variance } = model.process
  const { x0 } = denoiser(model, options)(xt, noiseLevelAt(model.process, t), condition)
  const posterior = qPosterior(schedule, x0, xt, t)
  if (variance === 'fixed-small') return { ...posterior, x0 }
  const logVariance = schedule.betas.map((beta, i) =>
    i === 0 ? schedule.posteriorLogVarianceClipped[0]! : Math.log(beta),
  )
  return { mean: posterior.mean, logVariance: gatherForImages(logVariance, t), x0 }
}
