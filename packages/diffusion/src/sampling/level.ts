import { type ContinuousSchedule, toContinuous } from '@cascade-diffusion/schedules'
import { type NoiseLevel, noiseInput, noiseInputOfLevel, noiseLevel } from '../process/noise-level.ts'
import { type DiffusionProcess, isDiscrete, type Schedule, takesNoiseLevels } from '../process/process.ts'

/** A noise level that a sampler visits. */
export interface Level extends NoiseLevel {
  /**
   * The step 0 … T-1 of a discrete process, not necessarily whole, or the time 0 … 1 of a continuous one; -1 is the
   * data.
   */
  readonly t: number
  /** λ = ln(alpha / sigma), half the log-SNR: the time of exponential integrators; ∞ at the data. */
  readonly lambda: number
}

/** A process as samplers see it: its noise levels, also between its steps. */
export interface Levels {
  /** The greatest t. */
  readonly last: number
  /** The noise level of a step or time. @throws if it is outside the process. */
  at(t: number): Level
  /** The noise level of that λ; beyond the ends of the process, the level at the end. */
  ofLambda(lambda: number): Level
  /** What the network is conditioned on there. */
  noiseInput(t: number): number
}

/**
 * The noise levels of a process. Between two steps of a discrete one, the log-SNR is interpolated linearly, and so is
 * the timestep that the network is conditioned on.
 */
export function levels(process: DiffusionProcess<Schedule>): Levels {
  const { schedule } = process
  if (!isDiscrete(schedule)) {
    const at = (t: number) => level(t, noiseLevel(schedule, t))
    return { last: 1, at, ofLambda: levelOfLambda(schedule, at), noiseInput: (t) => noiseInput(process, t) }
  }
  const last = schedule.betas.length - 1
  const continuous = toContinuous(schedule)
  const timeOf = (t: number) => Math.min((t + 1) / (last + 1), 1)
  const at = (t: number): Level =>
    level(t, Number.isInteger(t) ? noiseLevel(schedule, t) : noiseLevel(continuous, timeOf(t)))
  return {
    last,
    at,
    ofLambda: levelOfLambda(continuous, (time) => at(Math.min(Math.max(time * (last + 1) - 1, 0), last))),
    noiseInput(t) {
      if (Number.isInteger(t)) return noiseInput(process, t)
      const unit = process.noiseInput
      if (takesNoiseLevels(unit)) return noiseInputOfLevel(unit, at(t))
      const [below, part] = [Math.floor(t), t - Math.floor(t)]
      return (1 - part) * noiseInput(process, below) + part * noiseInput(process, below + 1)
    },
  }
}

const level = (t: number, { alpha, sigma }: NoiseLevel): Level => ({
  t,
  alpha,
  sigma,
  lambda: Math.log(alpha / sigma),
})

const levelOfLambda = (schedule: ContinuousSchedule, at: (time: number) => Level) => {
  const [low, high] = [schedule.logSnr(1), schedule.logSnr(0)]
  return (lambda: number): Level => at(schedule.timeOf(Math.min(Math.max(2 * lambda, low), high)))
}
