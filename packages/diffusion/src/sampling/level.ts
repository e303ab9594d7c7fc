import { CascadeError } from '@cascade-diffusion/checks'
import { toContinuous } from '@cascade-diffusion/schedules'
import { type NoiseLevel, noiseInput, noiseInputOfLevel, noiseLevel } from '../process/noise-level.ts'
import { type DiffusionProcess, isDiscrete, lastStep, type Schedule, takesNoiseLevels } from '../process/process.ts'

/** A noise level that a sampler visits. */
export interface Level extends NoiseLevel {
  /**
   * The step 0 … T-1 of a discrete process, not necessarily whole, or the time 0 … 1 of a continuous one; -1 is the
   * data. Between -1 and 0 are levels that are less noisy than step or time 0, in proportion to sigma / alpha.
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
  /** The place of any noise level in the process, whose t is whole if it is that of a step. @throws if it is noisier. */
  locate(level: NoiseLevel): Level
  /** What the network is conditioned on there. */
  noiseInput(level: Level): number
}

/** The levels that a run visits: those where the network is evaluated, and the one that the last of them leads to. */
export interface Path {
  /** To the stop. */
  readonly stopped: readonly Level[]
  /** To the data, by all steps: the way to a restart from below the stop. The same as `stopped` without a stop. */
  readonly whole: readonly Level[]
}

/** How far the log-SNR of a level, or its place, may be from that of a step that it belongs to. */
const tolerance = 1e-6

const levelAt = (t: number, { alpha, sigma }: NoiseLevel): Level => ({
  t,
  alpha,
  sigma,
  lambda: Math.log(alpha / sigma),
})

/**
 * The noise levels of a process. Between two steps of a discrete one, the log-SNR is interpolated linearly, and so is
 * the timestep that the network is conditioned on.
 */
export function levels(process: DiffusionProcess<Schedule>): Levels {
  const { schedule, noiseInput: unit } = process
  const last = lastStep(schedule)
  const discrete = isDiscrete(schedule)
  const continuous = discrete ? toContinuous(schedule) : schedule
  const steps = last + 1
  const timeOf = (t: number) => (discrete ? Math.min((t + 1) / steps, 1) : t)
  const stepOf = (time: number) => (discrete ? time * steps - 1 : time)
  const at = (t: number): Level =>
    levelAt(t, discrete && Number.isInteger(t) ? noiseLevel(schedule, t) : noiseLevel(continuous, timeOf(t)))
  const [low, high] = [continuous.logSnr(1), continuous.logSnr(0)]
  const first = noiseLevel(schedule, 0)

  const betweenSteps = (t: number): number => {
    const [below, part] = [Math.floor(t), t - Math.floor(t)]
    if (part === 0 || !discrete) return noiseInput(process, t)
    return (1 - part) * noiseInput(process, below) + part * noiseInput(process, below + 1)
  }

  return {
    last,
    at,
    ofLambda: (lambda) => at(Math.max(stepOf(continuous.timeOf(Math.min(Math.max(2 * lambda, low), high))), 0)),
    locate(level) {
      const found = levelAt(-1, level)
      if (level.sigma === 0) return found
      const logSnr = 2 * found.lambda
      if (logSnr < low - tolerance)
        throw new CascadeError(
          'input',
          `sample: expected a noise level within the process, alpha from ${at(last).alpha}, got ${level.alpha}`,
        )
      const ratio = level.sigma / level.alpha / (first.sigma / first.alpha)
      const t = ratio < 1 ? ratio - 1 : stepOf(continuous.timeOf(Math.max(logSnr, low)))
      const whole = Math.round(t)
      return { ...found, t: whole >= 0 && Math.abs(t - whole) < tolerance ? whole : t }
    },
    noiseInput({ t, ...level }) {
      if (takesNoiseLevels(unit)) return noiseInputOfLevel(unit, level)
      return t >= 0 ? betweenSteps(t) : (1 + t) * noiseInput(process, 0)
    },
  }
}
