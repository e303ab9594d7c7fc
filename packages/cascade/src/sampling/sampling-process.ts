import { CascadeError } from '@cascade-diffusion/checks'
import { type DiffusionProcess, isDiscrete, lastStep, noiseLevel, type Schedule } from '@cascade-diffusion/diffusion'
import { type DiscreteSchedule, respace } from '@cascade-diffusion/schedules'
import { scheduleOf } from '../stage/process-config.ts'
import type { Stage } from '../stage/stage.ts'
import type { StageSamplerOptions } from './stage-sampler.ts'

/**
 * The process to sample a stage with: that of its training, or on another schedule, or with some of the steps only.
 * @throws if another schedule is given but the network is told steps, which mean those of training; if continuous time is to
 * be spaced; if the network predicts ε and sampling is to begin in pure noise, where no image follows from it; and as `respace`.
 */
export function samplingProcess(
  stage: Stage,
  { schedule: chosen, spacing, steps }: Pick<StageSamplerOptions, 'schedule' | 'spacing' | 'steps'>,
): DiffusionProcess<Schedule> {
  const { name, process } = stage
  if (chosen && process.noiseInput !== 'noise-level' && process.noiseInput !== 'log-snr')
    throw new CascadeError(
      'input',
      `stage '${name}': expected a network that is told its noise-level or log-snr for another schedule than that of training, ` +
        `got ${process.noiseInput}; spacing takes some of its steps`,
    )
  const whole = !chosen ? process.schedule : 'schedule' in chosen ? scheduleOf(chosen) : chosen
  if (spacing !== undefined && !isDiscrete(whole))
    throw new CascadeError('input', `stage '${name}': expected steps, not a spacing, in continuous time`)
  const schedule = spacing === undefined ? whole : respace(whole as DiscreteSchedule, spacing)
  checkStart(stage, schedule, steps)
  return { ...process, schedule }
}

function checkStart({ name, process }: Stage, schedule: Schedule, steps: StageSamplerOptions['steps']): void {
  if (process.prediction !== 'epsilon') return
  const last = lastStep(schedule)
  const begins = typeof steps === 'object' ? Array.from(steps).includes(last) : isDiscrete(schedule)
  if (!begins) return
  if (noiseLevel(schedule, last).alpha === 0)
    throw new CascadeError(
      'input',
      `stage '${name}': nothing of the data is left at timestep ${last} to predict from epsilon: ᾱ is 0 there; ` +
        `expected steps that begin below it, or a schedule that keeps some`,
    )
}
