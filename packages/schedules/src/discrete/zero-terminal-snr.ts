import { CascadeError } from '@cascade-diffusion/checks'
import { checkSchedule } from '../checks.ts'
import { type DiscreteSchedule, scheduleFromAlphasCumprod } from './discrete-schedule.ts'

/**
 * The schedule rescaled to end in pure noise, as sampling starts (Lin et al. 2024, "Common diffusion noise schedules
 * and sample steps are flawed", algorithm 1): √ᾱ is shifted to 0 at the last step and scaled to keep its value at the
 * first. The last β is 1. A network must predict x0 or v: at the last step ε does not determine x0.
 * @throws if the process has a single step.
 */
export function zeroTerminalSnr(schedule: DiscreteSchedule): DiscreteSchedule {
  checkSchedule('zeroTerminalSnr', schedule)
  const roots = schedule.alphasCumprod.map(Math.sqrt)
  if (roots.length < 2)
    throw new CascadeError('input', 'zeroTerminalSnr: expected a schedule of at least 2 steps, got 1')
  const [first, last] = [roots[0]!, roots[roots.length - 1]!]
  const stretch = first / (first - last)
  return scheduleFromAlphasCumprod(
    roots.map((root, t) => (t === 0 ? first : (root - last) * stretch) ** 2),
    schedule,
  )
}
