import { CascadeError, shown } from '@cascade-diffusion/checks'
import { areNumbers, checkCount } from '../checks.ts'

/** Numbers from `start` to `end`, evenly spaced. `what` names the caller. */
export function evenlySpaced(what: string, steps: number, start: number, end: number): Float64Array {
  checkCount(`${what}: steps`, steps)
  if (!areNumbers(start, end))
    throw new CascadeError('input', `${what}: expected numbers as betas, got ${shown(start)}, ${shown(end)}`)
  return Float64Array.from({ length: steps }, (_, t) => (t === 0 ? start : start + (t * (end - start)) / (steps - 1)))
}
