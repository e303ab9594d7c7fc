import { type Schema, schema } from '@cascade-diffusion/checks'
import { type LearningRateConfig, learningRates } from '../learning-rate/learning-rate-table.ts'
import { type Optimizer, optimizers } from '../optimizers/optimizer-table.ts'
import { averagesSchema } from '../step/averages.ts'
import { type LossScaling, lossScalingSchema } from '../step/loss-scale.ts'

const isRecord = (x: unknown): boolean => typeof x === 'object' && x !== null && !Array.isArray(x)

const transformation = schema.either(
  optimizers.schema,
  schema.value('a transformation of gradients', isRecord),
  (x) => typeof (x as { update?: unknown } | null)?.update === 'function',
)

const limit: Schema<number> = schema.value('a number above 0', (x) => typeof x === 'number' && x > 0, {
  type: 'number',
  exclusiveMinimum: 0,
})

const learningRate: Schema<number | LearningRateConfig> = schema.either(
  schema.number({ from: 0 }),
  learningRates.schema,
  isRecord,
)

const optimizer = schema.either(
  transformation,
  schema.list(transformation, 1),
  Array.isArray,
) as unknown as Schema<Optimizer>

const lossScaling: Schema<boolean | LossScaling> = schema.either(schema.flag(), lossScalingSchema, isRecord)

/** Schemas of the options of `train` that a configuration may have, to be part of others. */
export const trainSchemas = {
  learningRate,
  optimizer,
  clipNorm: limit,
  averages: averagesSchema,
  lossScaling,
  maxNonFinite: schema.integer({ from: 1 }),
  maxGrowth: limit,
} as const
