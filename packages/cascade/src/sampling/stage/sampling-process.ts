import { CascadeError } from '@cascade-diffusion/checks'
import {
  type DiffusionProcess,
  isDiscrete,
  lastStep,
  noiseLevel,
  type Sampler,
  type Schedule,
  samplers,
  takesNoiseLevels,
} from '@cascade-diffusion/diffusion'
import { respace, scheduleOf } from '@cascade-diffusion/schedules'
import type { Stage } from '../../stage/stage.ts'
import { sampledSteps } from './sampled-steps.ts'
import type { StageSamplerOptions } from './stage-sampler-options.ts'

/** The way that a stage is sampled: along which process, how, and at which steps. */
export interface StageRoute {
  readonly process: DiffusionProcess<Schedule>
  readonly sampler: Sampler
  /** Default: every step of the process. */
  readonly steps: readonly number[] | undefined
}

/**
 * Reads the choices of a sampler.
 * @throws if another schedule is given to a network conditioned on the steps of training; if a spacing or a bare number
 * of steps is given in continuous time; if the process has fewer steps; if nothing can be predicted at the first one;
 * and as `respace`.
 */
export function stageRoute(
  stage: Stage,
  options: Pick<StageSamplerOptions, 'schedule' | 'spacing' | 'steps' | 'sampler'>,
): StageRoute {
  const where = `stage '${stage.name}'`
  const process = samplingProcess(stage, options)
  const steps = sampledSteps(where, process, options.steps)
  checkStart(stage.name, process, steps)
  const { sampler } = options
  return { process, steps, sampler: 'plan' in sampler ? sampler : samplers.of(`${where}: sampler`, sampler) }
}

/** The process to sample a stage with: that of training, with another schedule, or with only some of the steps. */
function samplingProcess(
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
function checkStart(
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
