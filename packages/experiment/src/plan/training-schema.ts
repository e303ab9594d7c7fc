import { noiseLevels } from '@cascade-diffusion/cascade'
import { type Schema, schema } from '@cascade-diffusion/checks'
import { losses } from '@cascade-diffusion/losses'
import { trainSchemas } from '@cascade-diffusion/training'
import type { ModelTraining, StageTraining } from './cascade-plan.ts'

/** An integer from 1. */
export const count = () => schema.integer({ from: 1 })

const { learningRate, ...options } = trainSchemas

const entries = {
  steps: count(),
  batchSize: count(),
  learningRate,
  optimizer: schema.optional(options.optimizer),
  clipNorm: schema.optional(options.clipNorm),
  averages: schema.optional(options.averages),
  lossScaling: schema.optional(options.lossScaling),
  maxNonFinite: schema.optional(options.maxNonFinite),
  maxGrowth: schema.optional(options.maxGrowth),
}

/** The schema of {@link ModelTraining}. */
export const trainingSchema: Schema<ModelTraining> = schema.record<ModelTraining>(entries)

/** The schema of {@link StageTraining}. */
export const stageTrainingSchema: Schema<StageTraining> = schema.record<StageTraining>({
  ...entries,
  loss: schema.optional(losses.schema),
  noiseLevels: schema.optional(noiseLevels.schema),
  randomFlips: schema.optional(schema.flag()),
  saveEvery: schema.optional(count()),
  sampleEvery: schema.optional(schema.integer({ from: 0 })),
})
