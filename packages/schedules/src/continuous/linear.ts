import { checkOptions, type Entry, schema } from '@cascade-diffusion/checks'
import { checkPositiveRange } from '../checks.ts'
import { type ContinuousSchedule, scheduleFromLogSnr } from './continuous-schedule.ts'

/** Options of {@link continuousLinear}: β is the rate over the whole time, 1000 times the β of one of 1000 steps. */
export interface ContinuousLinearOptions {
  /** β at t = 0. Default 0.1. */
  readonly betaStart?: number
  /** β at t = 1. Default 20. */
  readonly betaEnd?: number
}

/**
 * The variance-preserving SDE with linear β: {@link linearSchedule} in the limit of many steps (Song et al. 2021,
 * "Score-based generative modeling through SDEs", equation 33): ᾱ(t) = e^-B, B = t betaStart + t² (betaEnd - betaStart)
 * / 2.
 * @throws if the rates are not positive and increasing.
 */
export function continuousLinear(options: ContinuousLinearOptions = {}): ContinuousSchedule {
  checkOptions('continuousLinear', options, { betaStart: true, betaEnd: true })
  const { betaStart = 0.1, betaEnd = 20 } = options
  checkPositiveRange('continuousLinear: betaStart, betaEnd', betaStart, betaEnd)
  const slope = betaEnd - betaStart
  return scheduleFromLogSnr(
    (t) => -Math.log(Math.expm1(t * betaStart + (t ** 2 * slope) / 2)),
    (logSnr) => {
      // B = ln(1 + e^-λ); for a great -λ that is -λ. The quadratic's root in the form that does not cancel.
      const B = logSnr < -40 ? -logSnr : Math.log1p(Math.exp(-logSnr))
      return (2 * B) / (betaStart + Math.sqrt(betaStart ** 2 + 2 * slope * B))
    },
  )
}

/** {@link continuousLinear} by name. */
export interface ContinuousLinearConfig extends ContinuousLinearOptions {
  readonly name: 'continuous-linear'
}

/** The entry of the table. */
export const linear: Entry<ContinuousLinearConfig, ContinuousSchedule> = {
  name: 'continuous-linear',
  schema: schema.record<ContinuousLinearConfig>({
    name: schema.oneOf(['continuous-linear']),
    betaStart: schema.optional(schema.positive()),
    betaEnd: schema.optional(schema.positive()),
  }),
  make: ({ name, ...options }) => continuousLinear(options),
}
