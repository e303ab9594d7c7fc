import { CascadeError, shown } from '@cascade-diffusion/checks'
import { checkSchedule } from '../checks.ts'
import { type DiscreteSchedule, scheduleFromAlphasCumprod } from './discrete-schedule.ts'

/**
 * Which steps of a process to keep: a number of them, spread evenly from the first to the last; a number for each of
 * several equal sections, the first of them nearest the data; or `{ ddim: n }`, every k-th step with the smallest whole
 * k < T that gives n steps. In guided-diffusion these are `25`, `10,8,2` and `ddim25`, which {@link parseSpacing}
 * reads.
 */
export type Spacing = number | readonly number[] | { readonly ddim: number }

/**
 * Reads the value of `--timestep_respacing` of OpenAI's scripts: `'250'`, `'10,8,2'` for sections, `'ddim25'` for a
 * stride.
 * @returns the spacing, or undefined for `''`, their default, which keeps every step.
 * @throws on any other text.
 */
export function parseSpacing(text: string): Spacing | undefined {
  const parts = typeof text === 'string' && /^\s*(?:ddim\s*(\d+)|(\d+(?:\s*,\s*\d+)*))?\s*$/.exec(text)
  if (!parts)
    throw new CascadeError(
      'input',
      `parseSpacing: expected a number of steps, numbers between commas, or ddim and a number; got ${shown(text)}`,
    )
  const [, ddim, counts] = parts
  if (ddim !== undefined) return { ddim: Number(ddim) }
  const numbers = counts?.split(',').map(Number)
  return numbers?.length === 1 ? numbers[0] : numbers
}

/**
 * The process that keeps only some of the steps of `schedule`, with the same ᾱ at these (Improved DDPM, section 4; the
 * rules are those of guided-diffusion's `space_timesteps`). Its `timesteps` are those of the unspaced process, even if
 * `schedule` is itself respaced.
 * @throws if the spacing is invalid, if a section has fewer steps than requested, if no step would be kept, or if no
 * stride gives `ddim` steps.
 */
export function respace(schedule: DiscreteSchedule, spacing: Spacing): DiscreteSchedule {
  checkSchedule('respace', schedule)
  const kept = spacedSteps(schedule.betas.length, spacing)
  if (kept.length === 0) throw new CascadeError('input', 'respace: expected at least one step, got none')
  return scheduleFromAlphasCumprod(
    kept.map((t) => schedule.alphasCumprod[t]!),
    { timesteps: kept.map((t) => schedule.timesteps[t]!), unspacedSteps: schedule.unspacedSteps },
  )
}

function spacedSteps(T: number, spacing: Spacing): number[] {
  if (typeof spacing === 'number') return sectionSteps(T, [spacing])
  if (Array.isArray(spacing)) return sectionSteps(T, spacing)
  if (typeof spacing === 'object' && spacing !== null && 'ddim' in spacing) return stridedSteps(T, spacing.ddim)
  throw new CascadeError(
    'input',
    `respace: expected a number of steps, a list of them, or { ddim: n }; got ${shown(spacing)}` +
      (typeof spacing === 'string' ? `; parseSpacing reads guided-diffusion's spacings` : ''),
  )
}

function stridedSteps(T: number, n: number): number[] {
  for (let stride = 1; stride < T; stride++)
    if (Math.ceil(T / stride) === n) return Array.from({ length: n }, (_, i) => i * stride)
  throw new CascadeError(
    'input',
    `respace: expected a number of steps that a stride below ${T} takes of ${T}, got { ddim: ${shown(n)} }`,
  )
}

function sectionSteps(T: number, counts: readonly number[]): number[] {
  let start = 0
  return counts.flatMap((count, section) => {
    // The remainder goes to the first sections.
    const size = Math.floor(T / counts.length) + (section < T % counts.length ? 1 : 0)
    if (!(Number.isInteger(count) && count >= 0 && count <= size))
      throw new CascadeError(
        'input',
        `respace: expected 0 to ${size} steps in section ${section} of ${T} steps, got ${shown(count)}`,
      )
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
