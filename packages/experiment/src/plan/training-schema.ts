import { noiseLevels } from '@cascade-diffusion/cascade'
import { type Schema, schema } from '@cascade-diffusion/checks'
import { losses } from '@cascade-diffusion/losses'
import {
  type Averages,
  type LearningRateConfig,
  type LossScaling,
  learningRates,
  type Optimizer,
  optimizers,
} from '@cascade-diffusion/training'
import type { StageTrainingPlan, TrainingPlan } from './plan.ts'

/** An integer from 1. */
export const count = () => schema.integer({ from: 1 })

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === 'object' && x !== null && !Array.isArray(x)

const learningRate: Schema<number | LearningRateConfig> = schema.either(
  schema.number({ from: 0 }),
  learningRates.schema,
  isRecord,
)

const transformation = schema.either(
  optimizers.schema,
  schema.value('a transformation of gradients', isRecord),
  (x) => isRecord(x) && typeof x.update === 'function',
)

const optimizer = schema.either(
  transformation,
  schema.list(transformation, 1),
  Array.isArray,
) as unknown as Schema<Optimizer>

const isDecay = (x: unknown) => x === undefined || (typeof x === 'number' && x >= 0 && x < 1)

const averages: Schema<Averages> = schema.value(
  'averages by name, such as { ema: { decay: 0.9999 } }',
  (x) => isRecord(x) && Object.values(x).every((average) => isRecord(average) && isDecay(average.decay)),
)

const lossScaling = schema.either(
  schema.flag(),
  schema.record<LossScaling>({
    initial: schema.optional(schema.positive()),
    growthInterval: schema.optional(count()),
  }),
  isRecord,
)

const limit = (): Schema<number> => schema.value('a number above 0', (x) => typeof x === 'number' && x > 0)

const entries = {
  steps: count(),
  batchSize: count(),
  learningRate,
  optimizer: schema.optional(optimizer),
  clipNorm: schema.optional(limit()),
  averages: schema.optional(averages),
  lossScaling: schema.optional(lossScaling),
  maxNonFinite: schema.optional(count()),
  maxGrowth: schema.optional(limit()),
}

/** What {@link TrainingPlan} must look like. */
export const trainingSchema: Schema<TrainingPlan> = schema.record<TrainingPlan>(entries)

/** What {@link StageTrainingPlan} must look like. */
export const stageTrainingSchema: Schema<StageTrainingPlan> = schema.record<StageTrainingPlan>({
  ...entries,
  loss: schema.optional(losses.schema),
  noiseLevels: schema.optional(noiseLevels.schema),
  randomFlips: schema.optional(schema.flag()),
})
