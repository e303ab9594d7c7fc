import { CascadeError, parseConfig, type Schema, schema, shown } from '@cascade-diffusion/checks'
import { add, mul, type Scalar, sub, type Tensor } from '@tensorflow/tfjs-core'
import { decaySchema } from '../optimizers/check-decay.ts'

/** An exponential moving average of the weights. */
export interface AverageConfig {
  /** What {@link emaDecay} rises to, from 0 to less than 1: the longer the run, the closer to 1. Default 0.9999. */
  readonly decay?: number
}

const averageSchema = schema.record<AverageConfig>({ decay: schema.optional(decaySchema) })

/** Moving averages of the weights by name. The first is the one to sample with. */
export type Averages = Readonly<Record<string, AverageConfig>>

/** The schema of {@link Averages}. */
export const averagesSchema: Schema<Averages> = schema.byName(
  'averages by name, { ema: { decay: 0.9999 } }',
  averageSchema,
)

/**
 * The averages with their defaults; `ema` alone by default.
 * @throws if a name is empty or has a dot, or a setting is unknown or outside its range.
 */
export function averagesOf(
  where: string,
  averages: Averages = { ema: {} },
): Readonly<Record<string, { decay: number }>> {
  const checked = Object.entries(parseConfig(`${where}: averages`, averagesSchema, averages))
  for (const [name] of checked)
    if (!/^[^.]+$/.test(name))
      throw new CascadeError('input', `${where}: expected a name without dots for an average, got ${shown(name)}`)
  return Object.fromEntries(checked.map(([name, { decay = 0.9999 }]) => [name, { decay }]))
}

/**
 * The decay of a moving average at update t = 0, 1, …: min(decay, (1 + t) / (10 + t)), so that early averages follow
 * the weights instead of remembering how they began.
 */
export const emaDecay = (t: number, decay: number): number => Math.min(decay, (1 + t) / (10 + t))

/** One update of an exponential moving average: decay · average + (1 - decay) · value. Traceable. */
export const emaUpdate = <T extends Tensor>(average: T, value: T, decay: Scalar): T =>
  add(value, mul(sub(average, value), decay))
