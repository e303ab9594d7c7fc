import { CascadeError } from '@cascade-diffusion/checks'
import {
  type DiffusionProcess,
  isDiscrete,
  lastStep,
  noiseLevel,
  type Schedule,
  takesNoiseLevels,
} from '@cascade-diffusion/diffusion'
import { respace, scheduleOf } from '@cascade-diffusion/schedules'
import type { Stage } from '../stage/stage.ts'
import type { StageSamplerOptions } from './stage-sampler-options.ts'

/**
 * The process to sample a stage with: that of training, with another schedule, or with only some of the steps.
 * @throws if another schedule is given to a network conditioned on the steps of training; if a spacing is given in
 * continuous time; and as `respace`.
 */
export function samplingProcess(
  stage: Stage,
  { schedule: chosen, spacing }: Pick<StageSamplerOptions, 'schedule' | 'spacing'>,
): DiffusionProcess<Schedule> {
  const { name, process } = stage
  if (chosen && !takesNoiseLevels(process.noiseInput))
    throw new CascadeError(
      'input',
      `stage '${name}': expected a network conditioned on the noise-level or the log-snr for another schedule than that of training, ` +
        `got ${process.noiseInput}; spacing takes some of its steps`,
    )
  const whole = !chosen ? process.schedule : 'name' in chosen ? scheduleOf(chosen) : chosen
  const schedule = spacing === undefined ? whole : respace(stepsOf(name, whole), spacing)
  return { ...process, schedule }
}

function stepsOf(name: string, schedule: Schedule) {
  if (isDiscrete(schedule)) return schedule
  throw new CascadeError('input', `stage '${name}': expected steps, not a spacing, in continuous time`)
}

/** @throws if the network predicts ε and sampling begins in pure noise, where no image follows from ε. */
export function checkStart(
  name: string,
  { schedule, prediction }: DiffusionProcess<Schedule>,
  steps: readonly number[] | undefined,
): void {
  if (prediction !== 'epsilon') return
  const last = lastStep(schedule)
  const begins = steps ? steps.includes(last) : isDiscrete(schedule)
  if (!begins) return
  if (noiseLevel(schedule, last).alpha === 0)
    throw new CascadeError(
      'input',
      `stage '${name}': nothing of the data is left at timestep ${last} to predict from epsilon: ᾱ is 0 there; ` +
        `expected steps that begin below it, or a schedule that keeps some`,
    )
}
