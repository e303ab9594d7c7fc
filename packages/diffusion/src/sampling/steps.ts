import { CascadeError, checkNumber, checkOneOf, checkOptions, shown } from '@cascade-diffusion/checks'
import { checkProcess, type DiffusionProcess, isDiscrete, type Schedule } from '../process/process.ts'
import { levels } from './level.ts'

/** The steps from `from` down to `to`, both included: `stepsDown(3)` is [3, 2, 1, 0]. */
export function stepsDown(from: number, to = 0): number[] {
  checkNumber('stepsDown', 'from', from)
  checkNumber('stepsDown', 'to', to)
  return Array.from({ length: from - to + 1 }, (_, i) => from - i)
}

/** Options of {@link spacedSteps}. */
export interface SpacedStepsOptions {
  /**
   * The quantity that is evenly spaced: the step or time itself (`step`), the log-SNR (`log-snr`,
   * DPM-Solver), or (sigma / alpha)^(1/rho) (`karras`, EDM's equation 5). Default `step`.
   */
  readonly by?: 'step' | 'log-snr' | 'karras'
  /** ρ of `karras`. Default 7. */
  readonly rho?: number
  /** The first, noisiest step. Default: the last of the process, T-1 or time 1. */
  readonly from?: number
  /** The last step at which the network is evaluated. Default: step 0; required in continuous time. */
  readonly to?: number
  /**
   * Rounds to whole steps, for networks trained on those only. Default: true if `by` is `step` and steps are discrete.
   */
  readonly whole?: boolean
}

/**
 * `count` steps at which to evaluate the network, decreasing from `from` to `to`, both included.
 * @throws if fewer than `count` whole steps fit, an end is outside the process, or the log-SNR is infinite at an end.
 */
export function spacedSteps(
  process: DiffusionProcess<Schedule>,
  count: number,
  options: SpacedStepsOptions = {},
): number[] {
  checkProcess(process)
  checkOptions('spacedSteps', options, { by: true, rho: true, from: true, to: true, whole: true })
  checkOneOf('spacedSteps', 'by', options.by ?? 'step', ['step', 'log-snr', 'karras'])
  for (const name of ['rho', 'from', 'to'] as const)
    if (options[name] !== undefined) checkNumber('spacedSteps', name, options[name])
  const { last, at, ofLambda } = levels(process)
  const discrete = isDiscrete(process.schedule)
  const { by = 'step', rho = 7, from = last, to = discrete ? 0 : undefined } = options
  const { whole = by === 'step' && discrete } = options
  if (to === undefined)
    throw new CascadeError('input', 'spacedSteps: expected the last time, to, of a process in continuous time')
  if (!(Number.isInteger(count) && count > 0))
    throw new CascadeError('input', `spacedSteps: expected a count of at least 1, got ${shown(count)}`)
  // More would take all memory before they are found to be too many.
  if (count > 1e6) throw new CascadeError('input', `spacedSteps: expected a count of at most 1000000, got ${count}`)
  if (!(to >= 0 && from <= last && (count === 1 ? to <= from : to < from)))
    throw new CascadeError('input', `spacedSteps: expected to < from within 0 to ${last}, got ${to}, ${from}`)
  const lambdas = [at(from).lambda, at(to).lambda] as const
  if (by !== 'step' && !lambdas.every(Number.isFinite))
    throw new CascadeError(
      'input',
      `spacedSteps: expected a finite log-SNR at both ends, got ${2 * lambdas[0]}, ${2 * lambdas[1]}`,
    )

  const between = (part: number): number => {
    if (part === 0) return from
    if (part === 1) return to
    if (by === 'step') return (1 - part) * from + part * to
    if (by === 'log-snr') return ofLambda((1 - part) * lambdas[0] + part * lambdas[1]).t
    const [first, least] = lambdas.map((lambda) => Math.exp(-lambda / rho)) as [number, number]
    return ofLambda(-rho * Math.log((1 - part) * first + part * least)).t
  }
  const steps = Array.from({ length: count }, (_, i) => between(i === 0 ? 0 : i / (count - 1)))
  const rounded = whole ? steps.map(Math.round) : steps
  const twice = rounded.findIndex((t, i) => i > 0 && t >= rounded[i - 1]!)
  if (twice > 0)
    throw new CascadeError(
      'input',
      `spacedSteps: expected room for ${count} whole steps from ${from} to ${to}, got ${rounded[twice]} twice`,
    )
  return rounded
}
