import { type DiffusionProcess, keepX0, pMeanVariance, processOf, spacedSteps } from '@cascade-diffusion/diffusion'
import { respace, type Spacing } from '@cascade-diffusion/schedules'
import { concat, fill, type Tensor4D } from '@tensorflow/tfjs-core'
import { fromSchedulerConfig } from './scheduler.ts'

/** Numbers by step. */
type BySteps = Readonly<Record<string, number>>

/** A scheduler of diffusers with some settings, and its numbers. */
export interface SchedulerCase {
  readonly class: string
  /** The settings that differ from its defaults. */
  readonly given: Readonly<Record<string, unknown>>
  readonly alphas_cumprod: BySteps
  readonly betas?: BySteps
  /** x0 of an image of one value, by the kind of prediction; null if the scheduler cannot compute it. */
  readonly x0: Readonly<Record<string, number | null>>
  /** The variance of a reverse step by its kind; `null` stands for a class without kinds. */
  readonly variance?: Readonly<Record<string, BySteps>>
}

/** The output of benchmarks/peers/diffusers_schedulers.py. */
export interface SchedulerReference {
  readonly versions: Readonly<Record<string, string>>
  /** The image, the output of the network for it, and its part for the variance. */
  readonly x: number
  readonly output: number
  readonly part: number
  /** All classes that diffusers exports: settings and defaults. */
  readonly classes: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly cases: readonly SchedulerCase[]
  readonly spacings: readonly { class: string; spacing: string; count: number; timesteps: readonly number[] }[]
}

/** The greatest relative differences between the numbers of a scheduler and ours. */
export interface SchedulerDifferences {
  /** Of √ᾱ and √(1 - ᾱ), and of the betas, in float64. */
  readonly schedule: number
  /** Of x0, in float32. */
  readonly x0: number
  /** Of the variance of a reverse step, in float32, if the class has one. */
  readonly variance?: number
}

/** Compares the numbers of diffusers for some settings with the process that we read from them. */
export function schedulerDifferences(reference: SchedulerReference, one: SchedulerCase): SchedulerDifferences {
  const { x, output, part, classes } = reference
  const json = { _class_name: one.class, ...classes[one.class], ...one.given }
  const process = processOf(fromSchedulerConfig(json)) as DiffusionProcess
  const { schedule } = process
  const stepsOf = (numbers: BySteps) => Object.entries(numbers).map(([t, value]) => [Number(t), value] as const)
  const levels = stepsOf(one.alphas_cumprod).flatMap(([t, bar]) => [
    relative(Math.sqrt(schedule.alphasCumprod[t]!), Math.sqrt(bar)),
    relative(Math.sqrt(1 - schedule.alphasCumprod[t]!), Math.sqrt(1 - bar)),
  ])
  const betas = stepsOf(one.betas ?? {}).map(([t, beta]) => relative(schedule.betas[t]!, beta))

  const reverse = (made: DiffusionProcess, t: number) => {
    const said = made.variance === 'learned-range' ? [output, part] : [output]
    const network = (xt: Tensor4D) =>
      concat(
        said.map((value) => fill(xt.shape, value)),
        3,
      ) as Tensor4D
    const xt = fill([1, 1, 1, 1], x) as Tensor4D
    const step = pMeanVariance({ network, process: made }, xt, t, undefined, { processX0: keepX0 })
    return { x0: step.x0.dataSync()[0]!, variance: step.variance.dataSync()[0]! }
  }
  const x0 = Object.entries(one.x0).flatMap(([t, value]) =>
    value === null ? [] : [relative(reverse(process, Number(t)).x0, value)],
  )
  const variance = Object.entries(one.variance ?? {}).flatMap(([kind, numbers]) => {
    const given = kind === 'null' ? json : { ...json, variance_type: kind }
    const made = processOf(fromSchedulerConfig(given)) as DiffusionProcess
    return stepsOf(numbers).map(([t, value]) => relative(reverse(made, t).variance, value))
  })
  return {
    schedule: Math.max(...levels, ...betas),
    x0: Math.max(0, ...x0),
    ...(one.variance && { variance: Math.max(...variance) }),
  }
}

/** The steps that we take for a spacing of diffusers, the noisiest first. */
export function ourSteps({ class: name, spacing, count }: SchedulerReference['spacings'][number]): readonly number[] {
  const process = processOf(fromSchedulerConfig({ _class_name: name })) as DiffusionProcess
  const kept = (spacing: Spacing) => [...respace(process.schedule, spacing).timesteps].reverse()
  if (spacing === 'leading') return kept({ ddim: count })
  if (name === 'EulerDiscreteScheduler') return spacedSteps(process, count, { whole: false })
  // DPM-Solver and UniPC do not evaluate the network at the last step.
  return name.startsWith('DD') ? kept(count) : kept(count + 1).slice(0, -1)
}

/** The difference relative to the expected number. */
const relative = (actual: number, expected: number): number =>
  actual === expected ? 0 : Math.abs(actual - expected) / (Math.abs(expected) || 1)
