import { type DiscreteSchedule, scheduleFromAlphasCumprod } from './discrete-schedule.ts'

/**
 * Which steps of a process to keep: a number of them, spread evenly from the first to the last; a number for each of
 * several equal sections, the first of them nearest the data; or `{ ddim: n }`, every k-th step with the smallest whole
 * k < T that gives n steps. They are what guided-diffusion writes as `25`, `10,8,2` and `ddim25`.
 */
export type Spacing = number | readonly number[] | { readonly ddim: number }

/**
 * The process that takes only some of the steps of `schedule`, with the same ᾱ at those it keeps (Improved DDPM,
 * section 4; the rules are those of guided-diffusion's `space_timesteps`). Its `timesteps` are those of the unspaced
 * process, also if `schedule` is itself respaced.
 * @throws if a section has fewer steps than asked for, if no step would be kept, or no stride gives `ddim` steps.
 */
export function respace(schedule: DiscreteSchedule, spacing: Spacing): DiscreteSchedule {
  const kept = spacedSteps(schedule.betas.length, spacing)
  if (kept.length === 0) throw new Error('respace: expected at least one step, got none')
  return scheduleFromAlphasCumprod(
    kept.map((t) => schedule.alphasCumprod[t]!),
    { timesteps: kept.map((t) => schedule.timesteps[t]!), unspacedSteps: schedule.unspacedSteps },
  )
}

function spacedSteps(T: number, spacing: Spacing): number[] {
  if (typeof spacing === 'number') return sectionSteps(T, [spacing])
  return 'ddim' in spacing ? stridedSteps(T, spacing.ddim) : sectionSteps(T, spacing)
}

function stridedSteps(T: number, n: number): number[] {
  for (let stride = 1; stride < T; stride++)
    if (Math.ceil(T / stride) === n) return Array.from({ length: n }, (_, i) => i * stride)
  throw new Error(`respace: expected a number of steps that a stride below ${T} takes of ${T}, got { ddim: ${n} }`)
}

function sectionSteps(T: number, counts: readonly number[]): number[] {
  let start = 0
  return counts.flatMap((count, section) => {
    // What does not divide evenly goes to the first sections.
    const size = Math.floor(T / counts.length) + (section < T % counts.length ? 1 : 0)
    if (!(Number.isInteger(count) && count >= 0 && count <= size))
      throw new Error(`respace: expected 0 to ${size} steps in section ${section} of ${T} steps, got ${count}`)
    const stride = count <= 1 ? 1 : (size - 1) / (count - 1)
    const steps: number[] = []
    // A running sum, not i * stride: where a step falls midway between two, its last bit decides as in the original.
    for (let at = 0; steps.length < count; at += stride) steps.push(start + roundHalfEven(at))
    start += size
    return steps
  })
}

/** Python's `round`. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x)
}
