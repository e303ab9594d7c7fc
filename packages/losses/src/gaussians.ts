import type { Gaussian } from '@cascade-diffusion/diffusion'
import {
  abs,
  add,
  div,
  exp,
  greater,
  less,
  log,
  maximum,
  mul,
  neg,
  squaredDifference,
  step,
  sub,
  type Tensor,
  type Tensor4D,
  where,
} from '@tensorflow/tfjs-core'

/** The Kullback-Leibler divergence KL(q ‖ p) of diagonal Gaussians for each value, [N,H,W,C], in nats. */
export function gaussianKl(q: Omit<Gaussian, 'variance'>, p: Omit<Gaussian, 'variance'>): Tensor4D {
  // The order of OpenAI's code, so that float32 rounds alike.
  const ofVariances = add(sub(sub(p.logVariance, 1), q.logVariance), exp(sub(q.logVariance, p.logVariance)))
  return mul(0.5, add(ofVariances, mul(squaredDifference(q.mean, p.mean), exp(neg(p.logVariance)))))
}

/**
 * The log-likelihood, in nats for each value, [N,H,W,C], of images of 256 levels from -1 to 1 under a Gaussian whose
 * mass is collected around each level, and beyond the last one on either side (DDPM, equation 13). As in OpenAI's code,
 * the distribution function is approximated by a tanh (to 2e-4), and no likelihood is below 1e-12.
 */
export function discretizedGaussianLogLikelihood(
  x0: Tensor4D,
  { mean, logVariance }: Omit<Gaussian, 'variance'>,
): Tensor4D {
  const centred = sub(x0, mean)
  const precision = exp(mul(-0.5, logVariance))
  const upTo = (bound: number) => normalCdf(mul(precision, add(centred, bound)))
  const [above, below] = [upTo(1 / 255), upTo(-1 / 255)]
  const atEnds = where(less(x0, -0.999), above, sub(1, below))
  const isEnd = greater(abs(x0), 0.999)
  return log(maximum(where(isEnd, atEnds, sub(above, below)), 1e-12)) as Tensor4D
}

/**
 * The distribution function of the standard normal, as the GELU approximates it (Hendrycks & Gimpel 2016): (1 + tanh z)
 * / 2. In the tails, where it is a small number of float32's steps of 6e-8 from 0 or 1, it comes out as OpenAI's code
 * rounds it: engines' own tanh are off by a step or two there.
 */
function normalCdf(x: Tensor): Tensor {
  const z = mul(Math.sqrt(2 / Math.PI), add(x, mul(0.044715, mul(x, mul(x, x)))))
  // At 0 the gradients of both choices are those of -z.
  const [sign, size] = [sub(mul(2, step(z)), 1), maximum(neg(z), z)]
  const decay = exp(mul(-2, size))
  const tanh = mul(sign, sub(1, div(mul(2, decay), add(1, decay))))
  return mul(0.5, add(1, tanh))
}
