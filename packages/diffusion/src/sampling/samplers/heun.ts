import { CascadeError, checkOptions, type Entry, schema, shown } from '@cascade-diffusion/checks'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import type { Level } from '../level.ts'
import { type Sampler, weightedSum } from './sampler.ts'

/** Options of {@link heun}: EDM's stochasticity. */
export interface HeunOptions {
  /** S_churn: the amount of noise added over all steps. Default 0: deterministic. */
  readonly churn?: number
  /** S_tmin and S_tmax: the noise levels sigma / alpha between which noise is added. Default: all. */
  readonly churnRange?: readonly [low: number, high: number]
  /** S_noise: the standard deviation of the noise that is added. Default 1. */
  readonly churnNoise?: number
}

/**
 * Heun's method of EDM (Karras et al. 2022, algorithm 2): of second order, with two evaluations of the network per step
 * and one in the step to the data. In EDM's units, x / alpha and σ = sigma / alpha, the derivative is the predicted ε.
 * @throws if an option is out of range; when a run is planned, if a step begins in pure noise, where σ is infinite.
 */
export function heun(options: HeunOptions = {}): Sampler<'input' | 'churn' | 'xt' | 'epsilon' | 'before'> {
  checkOptions('heun', options, { churn: true, churnRange: true, churnNoise: true })
  const { churn = 0, churnRange = [0, Infinity], churnNoise = 1 } = options
  if (!(Array.isArray(churnRange) && churnRange.length === 2))
    throw new CascadeError('input', `heun: expected a churnRange [low, high], got ${shown(churnRange)}`)
  const [low, high] = churnRange as readonly [number, number]
  const areNumbers = [churn, churnNoise, low, high].every((value) => typeof value === 'number')
  if (!(areNumbers && churn >= 0 && churnNoise >= 0 && low >= 0 && high >= low))
    throw new CascadeError(
      'input',
      `heun: expected churn, churnNoise and the ends of churnRange of at least 0, got ${shown(churn)}, ${shown(churnNoise)}, ${shown(low)} to ${shown(high)}`,
    )

  /** The noise level after churn, where a step begins. */
  const churned = (now: Level, steps: number, ofLambda: (lambda: number) => Level): Level => {
    const sigma = edmSigma(now)
    if (churn === 0 || sigma < low || sigma > high) return now
    const gamma = Math.min(churn / steps, Math.SQRT2 - 1)
    const to = ofLambda(now.lambda - Math.log1p(gamma))
    return to.lambda < now.lambda ? to : now
  }

  return {
    name: 'heun',
    coefficients: ['input', 'churn', 'xt', 'epsilon', 'before'],
    needsNoise: churn > 0,
    history: 1,
    plan({ now, next, steps, ofLambda }) {
      if (now.alpha === 0)
        throw new CascadeError('input', `heun: expected some of the data in every step, got pure noise at ${now.t}`)
      const from = churned(now, steps, ofLambda)
      const added = churnNoise * Math.sqrt(Math.max(edmSigma(from) ** 2 - edmSigma(now) ** 2, 0))
      const gain = next.alpha * (edmSigma(next) - edmSigma(from))
      const euler = {
        at: from,
        c: {
          input: from.alpha / now.alpha,
          churn: from.alpha * added,
          xt: next.alpha / from.alpha,
          epsilon: gain,
          before: 0,
        },
      }
      if (next.sigma === 0) return [euler]
      return [euler, { at: next, c: { input: 1, churn: 0, xt: 1, epsilon: gain / 2, before: -gain / 2 } }]
    },
    prepare: ({ xt, c, noise }) => weightedSum([c.input, xt], [c.churn, noise]),
    update: ({ xt, denoised, history, c }) => ({
      xt: weightedSum([c.xt, xt], [c.epsilon, denoised.epsilon], [c.before, history[0] as Tensor4D]),
      history: [denoised.epsilon],
    }),
  }
}

const edmSigma = ({ alpha, sigma }: Level): number => sigma / alpha

/** {@link heun} by name: a JSON value. */
export interface HeunConfig extends HeunOptions {
  readonly name: 'heun'
}

/** The entry of the table. */
export const heunEntry: Entry<HeunConfig, Sampler> = {
  name: 'heun',
  schema: schema.record<HeunConfig>({
    name: schema.oneOf(['heun']),
    churn: schema.optional(schema.number({ from: 0 })),
    churnRange: schema.optional(schema.interval({ from: 0 })),
    churnNoise: schema.optional(schema.number({ from: 0 })),
  }),
  make: ({ name, ...options }) => heun(options),
}
