import { CascadeError, checkOptions, type Entry, schema, shown } from '@cascade-diffusion/checks'
import { type Sampler, weightedSum } from './sampler.ts'

/** Options of {@link dpmSolver}. */
export interface DpmSolverOptions {
  /** From 0, the deterministic DPM-Solver++(2M), to 1, the stochastic SDE-DPM-Solver++(2M). Default 0. */
  readonly eta?: number
}

/**
 * DPM-Solver++(2M) (Lu et al. 2022, "DPM-Solver++", algorithm 2), and its stochastic form SDE-DPM-Solver++(2M)
 * (equation 18): exponential integrators in λ = ln(alpha / sigma), h = λ_next - λ_now, whose x0 is extrapolated from
 * the last two predictions. The first step and the step to the data are of first order. One evaluation of the network
 * per step.
 * @throws if eta is not from 0 to 1.
 */
export function dpmSolver(options: DpmSolverOptions = {}): Sampler<'xt' | 'x0' | 'before' | 'sigma'> {
  checkOptions('dpmSolver', options, { eta: true })
  const { eta = 0 } = options
  if (!(typeof eta === 'number' && eta >= 0 && eta <= 1))
    throw new CascadeError('input', `dpmSolver: expected an eta from 0 to 1, got ${shown(eta)}`)
  return {
    name: eta > 0 ? 'sde-dpm-solver++(2m)' : 'dpm-solver++(2m)',
    coefficients: ['xt', 'x0', 'before', 'sigma'],
    needsNoise: eta > 0,
    history: 1,
    plan({ now, next, before: [last] }) {
      if (next.sigma === 0) return [{ at: now, c: { xt: 0, x0: 1, before: 0, sigma: 0 } }]
      const h = next.lambda - now.lambda
      // From pure noise h is infinite.
      const decay = eta === 0 ? 0 : eta * h
      const weight = -next.alpha * Math.expm1(-h - decay)
      const extrapolated = last ? (weight * h) / (2 * (now.lambda - last.lambda)) : 0
      return [
        {
          at: now,
          c: {
            xt: (next.sigma / now.sigma) * Math.exp(-decay),
            x0: weight + extrapolated,
            before: -extrapolated,
            sigma: next.sigma * Math.sqrt(-Math.expm1(-2 * decay)),
          },
        },
      ]
    },
    update: ({ xt, denoised, history, c, noise }) => ({
      xt: weightedSum([c.xt, xt], [c.x0, denoised.x0], [c.before, history[0]], [c.sigma, noise]),
      history: [denoised.x0],
    }),
  }
}

/** {@link dpmSolver} by name: a JSON value. */
export interface DpmSolverConfig extends DpmSolverOptions {
  readonly name: 'dpm-solver'
}

/** The entry of the table. */
export const dpmSolverEntry: Entry<DpmSolverConfig, Sampler> = {
  name: 'dpm-solver',
  schema: schema.record<DpmSolverConfig>({
    name: schema.oneOf(['dpm-solver']),
    eta: schema.optional(schema.number({ from: 0, to: 1 })),
  }),
  make: ({ name, ...options }) => dpmSolver(options),
}
