import { checkOptions, type Entry, schema } from '@cascade-diffusion/checks'
import { checkLogSnrRange } from '../checks.ts'
import { type ContinuousSchedule, scheduleFromLogSnr } from './continuous-schedule.ts'
import type { LogSnrRange } from './log-snr.ts'

/**
 * The schedule whose log-SNR falls at a constant rate: λ(t) = max + t (min - max) (VDM, Kingma et al. 2021, appendix;
 * its γ is -λ).
 * @param range the log-SNR at both ends. Default VDM's: 13.3 at t = 0, -5 at t = 1.
 * @throws unless min < max, both finite.
 */
export function continuousLogLinear(range: LogSnrRange = { min: -5, max: 13.3 }): ContinuousSchedule {
  checkOptions('continuousLogLinear', range, { min: true, max: true })
  const { min, max } = range
  checkLogSnrRange('continuousLogLinear', { min, max })
  return scheduleFromLogSnr(
    (t) => (1 - t) * max + t * min,
    (logSnr) => (max - logSnr) / (max - min),
  )
}

/** {@link continuousLogLinear} by name. */
export interface ContinuousLogLinearConfig extends LogSnrRange {
  readonly name: 'continuous-log-linear'
}

/** The entry of the table. */
export const logLinear: Entry<ContinuousLogLinearConfig, ContinuousSchedule> = {
  name: 'continuous-log-linear',
  schema: schema.record<ContinuousLogLinearConfig>({
    name: schema.oneOf(['continuous-log-linear']),
    min: schema.number(),
    max: schema.number(),
  }),
  make: ({ name, ...range }) => continuousLogLinear(range),
}
