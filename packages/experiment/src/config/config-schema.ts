import { stageSamplingSchema, stageSchemas } from '@cascade-diffusion/cascade'
import { CascadeError, parseConfig, type Schema, schema } from '@cascade-diffusion/checks'
import { sizeSchema, sources } from '@cascade-diffusion/data'
import { customDataSchema, datasets, isCustomData } from '../data/data.ts'
import { stageTrainingSchema, trainingSchema } from '../plan/training-schema.ts'
import {
  type Budget,
  budgets,
  type CascadeConfig,
  type CommonSamplingConfig,
  type ConfiguredData,
  type EvaluationConfig,
  type ReportConfig,
  type StageConfig,
} from './cascade-config.ts'
import { withPreset } from './preset.ts'
import { presetNames } from './preset-names.ts'
import { customValue } from './printed-plan.ts'

const { optional } = schema
const isText = (x: unknown): boolean => typeof x === 'string'
const isRecord = (x: unknown): boolean => typeof x === 'object' && x !== null && !Array.isArray(x)

const { train, test, ...ofImages } = schema.entriesOf(datasets.schemas.images)

const namedData = schema.named('a path or a data set', {
  ...sources.schemas,
  ...datasets.schemas,
  images: schema.record({ ...ofImages, train, test: optional(test) }),
} as never)

const data = schema.either(
  schema.either(namedData, schema.text(), isText),
  customDataSchema,
  isCustomData,
) as unknown as Schema<ConfiguredData>

const budget: Schema<Budget> = schema.oneOf(budgets)
const ofStage = schema.partial(stageSamplingSchema)

/** The schema of {@link StageConfig}. */
const stageConfigSchema: Schema<StageConfig> = schema.record<StageConfig>({
  resolution: optional(sizeSchema),
  name: optional(stageSchemas.name),
  conditional: optional(schema.flag()),
  labelDropout: stageSchemas.labelDropout,
  process: optional(stageSchemas.process),
  network: optional(schema.either(stageSchemas.network, budget, isText)),
  augmentation: optional(stageSchemas.augmentation),
  levels: optional(schema.list(schema.number({ from: 0 }), 1)),
  ways: optional(schema.oneOf(['truncated', 'non-truncated', 'both'])),
  training: optional(schema.partial(stageTrainingSchema)),
  sampling: optional(ofStage),
})

/** The schema of {@link CascadeConfig}. */
export const cascadeConfigSchema: Schema<CascadeConfig> = schema.record<CascadeConfig>({
  $schema: optional(schema.text()),
  preset: optional(schema.oneOf(presetNames)),
  data: optional(data),
  stages: optional(schema.list(schema.either(sizeSchema, stageConfigSchema, isRecord), 1)),
  network: optional(budget),
  training: optional(schema.partial(stageTrainingSchema)),
  sampling: optional(
    schema.record<CommonSamplingConfig>({
      ...schema.entriesOf(ofStage),
      batchSize: optional(schema.integer({ from: 1 })),
    }),
  ),
  evaluation: optional(
    schema.record<EvaluationConfig>({
      features: optional(schema.oneOf(['classes', 'rotations'])),
      training: optional(schema.partial(trainingSchema)),
      samples: optional(schema.integer({ from: 1 })),
    }),
  ),
  seed: optional(schema.integer({ from: 0 })),
  name: optional(stageSchemas.name),
  report: optional(
    schema.record<ReportConfig>({
      title: optional(schema.text()),
      about: optional(schema.text()),
      note: optional(schema.text()),
    }),
  ),
})

/**
 * Validates a configuration as users write it, whole, together with its preset.
 * @param where what it is, for errors: the path of its file.
 * @throws CascadeError 'input' that lists everything that is wrong, each with its path: `stages[1].training.steps`. A
 * misspelt name is shown with the nearest known one.
 */
export function parseCascadeConfig(where: string, raw: unknown): CascadeConfig {
  const custom = customValue(raw)
  if (custom !== undefined)
    throw new CascadeError(
      'input',
      `${where}: expected ${custom}, a custom value, as the program made it, got what is shown of it: give that program (--config)`,
    )
  const preset = (raw as CascadeConfig | null | undefined)?.preset
  if (preset === undefined || !presetNames.includes(preset)) return parseConfig(where, cascadeConfigSchema, raw)
  parseConfig(where, cascadeConfigSchema, withPreset(raw as CascadeConfig))
  return raw as CascadeConfig
}
