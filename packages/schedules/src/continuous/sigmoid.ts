import { CascadeError, checkOptions, type Entry, schema, shown } from '@cascade-diffusion/checks'
import { areNumbers } from '../checks.ts'
import { type ContinuousSchedule, scheduleFromLogSnr } from './continuous-schedule.ts'

/** Options of {@link continuousSigmoid}: the part of the sigmoid that is used. */
export interface ContinuousSigmoidOptions {
  /** Default -3. */
  readonly start?: number
  /** Default 3. */
  readonly end?: number
  /** The temperature. Default 1; lower keeps the noise small for longer and then lets it grow faster. */
  readonly tau?: number
}

/**
 * The sigmoid schedule in continuous time (Jabri et al. 2023; Chen 2023, algorithm 1): ᾱ(t) = (v(1) - v(t)) / (v(1) -
 * v(0)), v(t) = sigmoid((start + t (end - start)) / tau). λ runs from +∞ to -∞.
 * @throws unless start < end and tau > 0.
 */
export function continuousSigmoid(options: ContinuousSigmoidOptions = {}): ContinuousSchedule {
  checkOptions('continuousSigmoid', options, { start: true, end: true, tau: true })
  const { start = -3, end = 3, tau = 1 } = options
  const width = (end - start) / tau
  if (!(areNumbers(start, end, tau) && start < end && tau > 0 && width < Infinity))
    throw new CascadeError(
      'input',
      `continuousSigmoid: expected start < end and tau > 0, got ${shown(start)}, ${shown(end)}, ${shown(tau)}`,
    )
  // sigmoid(a) - sigmoid(b) = sinh((a - b) / 2) / (2 cosh(a / 2) cosh(b / 2)), which avoids a difference of nearly
  // equal numbers.
  const ratio = Math.cosh(start / tau / 2) / Math.cosh(end / tau / 2)
  return scheduleFromLogSnr(
    (t) => Math.log((ratio * Math.sinh(((1 - t) * width) / 2)) / Math.sinh((t * width) / 2)),
    (logSnr) => Math.log1p((2 * Math.sinh(width / 2)) / (Math.exp(logSnr) / ratio + Math.exp(-width / 2))) / width,
  )
}

/** The schema of {@link ContinuousSigmoidOptions}. */
export const continuousSigmoidOptions = {
  start: schema.optional(schema.number()),
  end: schema.optional(schema.number()),
  tau: schema.optional(schema.positive()),
}

/** {@link continuousSigmoid} by name. */
export interface ContinuousSigmoidConfig extends ContinuousSigmoidOptions {
  readonly name: 'continuous-sigmoid'
}

/** The entry of the table. */
export const sigmoid: Entry<ContinuousSigmoidConfig, ContinuousSchedule> = {
  name: 'continuous-sigmoid',
  schema: schema.record<ContinuousSigmoidConfig>({
    name: schema.oneOf(['continuous-sigmoid']),
    ...continuousSigmoidOptions,
  }),
  make: ({ name, ...options }) => continuousSigmoid(options),
}
