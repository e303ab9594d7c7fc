import type { Stage, StageSampling } from '@cascade-diffusion/cascade'
import { isDiscrete } from '@cascade-diffusion/diffusion'
import { respace, scheduleOf } from '@cascade-diffusion/schedules'

/** The same way of sampling, in at most so many steps and without restarts. */
export function briefly(stage: Stage, { restarts, ...sampling }: StageSampling, most: number): StageSampling {
  const { steps = stepsOf(stage, sampling) } = sampling
  if (typeof steps === 'number') return { ...sampling, steps: Math.min(steps, most) }
  if ('count' in steps) return { ...sampling, steps: { ...steps, count: Math.min(steps.count, most) } }
  return { ...sampling, steps: evenly(steps, most) }
}

/** The number of steps of a process that is sampled at all of them. */
function stepsOf({ process }: Stage, { schedule, spacing }: StageSampling): number | readonly number[] {
  const whole = schedule ? scheduleOf(schedule) : process.schedule
  if (!isDiscrete(whole)) return [] // refused by the sampler, which says why
  return (spacing === undefined ? whole : respace(whole, spacing)).betas.length
}

/** At most so many items at even distances, the first and the last among them. */
const evenly = <T>(items: readonly T[], most: number): readonly T[] =>
  items.length <= most
    ? items
    : Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))] as T)
