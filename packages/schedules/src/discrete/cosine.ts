import { type Entry, schema } from '@cascade-diffusion/checks'
import { checkCount } from '../checks.ts'
import { type DiscreteSchedule, scheduleFromBetas } from './discrete-schedule.ts'
import { exactCos } from './exact-cos.ts'
import { type RescaleOptions, rescaled, rescaleSchema, stepsSchema } from './rescaled.ts'

/**
 * The cosine schedule of Improved DDPM (Nichol and Dhariwal 2021, equation 17): ᾱ(u) = cos²((u + 0.008) / 1.008 · π/2)
 * for u = t / T, each β at most 0.999.
 * @param steps T, at least 1.
 */
export function cosineSchedule(steps: number): DiscreteSchedule {
  checkCount('cosineSchedule: steps', steps)
  const alphaBar = (u: number) => exactCos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2
  return scheduleFromBetas(
    Float64Array.from({ length: steps }, (_, t) =>
      Math.min(1 - alphaBar((t + 1) / steps) / alphaBar(t / steps), 0.999),
    ),
  )
}

/** {@link cosineSchedule} by name. */
export interface CosineScheduleConfig extends RescaleOptions {
  readonly name: 'cosine'
  /** T: the steps of the process. The paper's base models have 4000. */
  readonly steps: number
}

/** The entry of the table. */
export const cosine: Entry<CosineScheduleConfig, DiscreteSchedule> = {
  name: 'cosine',
  schema: schema.record<CosineScheduleConfig>({ name: schema.oneOf(['cosine']), steps: stepsSchema, ...rescaleSchema }),
  make: ({ steps, ...options }) => rescaled(cosineSchedule(steps), options),
}
