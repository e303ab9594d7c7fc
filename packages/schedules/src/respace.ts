import { type DiscreteSchedule, scheduleFromBetas } from './schedule.ts'

/**
 * Which steps of a process to keep: a number of them, spread evenly from the first to the last; a number for each of
 * several equal sections, the first of them nearest the data; or `{ ddim: n }`, every k-th step with the smallest whole
 * k that gives n steps.
 */
export type Spacing = number | readonly number[] | { readonly ddim: number }

/**
 * The process that takes only some of the steps of `schedule`, with the same ᾱ at those it keeps (Improved DDPM,
 * section 4; the rules are those of guided-diffusion's `space_timesteps`). Its `timesteps` are those of the unspaced
 * process, also if `schedule` is itself respaced.
 * @throws if a section has fewer steps than asked for, or no whole stride gives `ddim` steps.
 */
export function respace(schedule: DiscreteSchedule, spacing: Spacing): DiscreteSchedule {
  const kept = spacedSteps(schedule.betas.length, spacing)
  const alphasCumprod = kept.map((t) => schedule.alphasCumprod[t]!)
  return scheduleFromBetas(
    alphasCumprod.map((alphaCumprod, i) => 1 - alphaCumprod / (alphasCumprod[i - 1] ?? 1)),
    kept.map((t) => schedule.timesteps[t]!),
  )
}

function spacedSteps(T: number, spacing: Spacing): number[] {
  if (typeof spacing === 'number') return sectionSteps(T, [spacing])
  return 'ddim' in spacing ? stridedSteps(T, spacing.ddim) : sectionSteps(T, spacing)
}

function stridedSteps(T: number, n: number): number[] {
  for (let stride = 1; stride <= T; stride++)
    if (Math.ceil(T / stride) === n) return Array.from({ length: n }, (_, i) => i * stride)
  throw new Error(`respace: expected a number of steps that a whole stride takes of ${T}, got { ddim: ${n} }`)
}

function sectionSteps(T: number, counts: readonly number[]): number[] {
  if (counts.length === 0) throw new Error('respace: expected at least one section, got none')
  let start = 0
  return counts.flatMap((count, section) => {
    // What does not divide evenly goes to the first sections.
    const size = Math.floor(T / counts.length) + (section < T % counts.length ? 1 : 0)
    if (!(Number.isInteger(count) && count >= 1 && count <= size))
      throw new Error(`respace: expected 1 to ${size} steps in section ${section} of ${T} steps, got ${count}`)
    const stride = count === 1 ? 1 : (size - 1) / (count - 1)
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
