import { type DiffusionProcess, isDiscrete, type Schedule } from '@cascade-diffusion/diffusion'
import { respace } from '@cascade-diffusion/schedules'
import { scheduleOf } from './process-config.ts'
import type { Stage } from './stage.ts'
import type { StageSamplerOptions } from './stage-sampler.ts'

/**
 * The process to sample a stage with: that of its training, or on another schedule, or with some of the steps only.
 * @throws if another schedule is given but the network is told steps, which mean those of training; if continuous time is to
 * be spaced; and as `respace`.
 */
export function samplingProcess(
  { name, process }: Stage,
  { schedule: chosen, spacing }: Pick<StageSamplerOptions, 'schedule' | 'spacing'>,
): DiffusionProcess<Schedule> {
  if (chosen && process.noiseInput !== 'noise-level' && process.noiseInput !== 'log-snr')
    throw new Error(
      `stage '${name}': expected a network that is told its noise-level or log-snr for another schedule than that of training, ` +
        `got ${process.noiseInput}; spacing takes some of its steps`,
    )
  const schedule = !chosen ? process.schedule : 'schedule' in chosen ? scheduleOf(chosen) : chosen
  if (spacing === undefined) return { ...process, schedule }
  if (!isDiscrete(schedule)) throw new Error(`stage '${name}': expected steps, not a spacing, in continuous time`)
  return { ...process, schedule: respace(schedule, spacing) }
}
