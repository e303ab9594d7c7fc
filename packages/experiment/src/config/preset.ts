import { quickstartPlan } from '../plans/quickstart.ts'
import type { CascadeConfig, ConfiguredData, StageConfig } from './cascade-config.ts'
import { pipelineConfig } from './pipeline-config.ts'
import type { PresetName } from './preset-names.ts'
import { stageOf } from './sized-stages.ts'

/** The configurations by name. */
const presets: Readonly<Record<PresetName, () => CascadeConfig>> = {
  mnist: () => quickstartPlan({ dataset: 'mnist' }),
  'mnist-fast': () => quickstartPlan({ dataset: 'mnist', fast: true }),
  dicebear: () => quickstartPlan({ dataset: 'dicebear' }),
  'dicebear-fast': () => quickstartPlan({ dataset: 'dicebear', fast: true }),
  'imagenet-128': () => pipelineConfig('imagenet-128'),
  'imagenet-256': () => pipelineConfig('imagenet-256'),
  'imagenet-16-64': () => pipelineConfig('imagenet-16-64'),
  lsun: () => pipelineConfig('lsun'),
}

/** The configuration of a preset. */
export const presetConfig = (name: PresetName): CascadeConfig => presets[name]()

/**
 * A configuration without its preset: what it says, and below it what the preset says. Records are merged, unless their
 * `name` differs; lists are replaced. Stages are merged by their place; those of the preset that the configuration does
 * not mention stay. What it says of all stages (`network`, `training`, `sampling`) is above what the preset says of one.
 * Other data take the place of the preset's, with its `name` and its `report`.
 */
export function withPreset({ preset, ...config }: CascadeConfig): CascadeConfig {
  if (preset === undefined) return config
  const { name, report, data, stages = [], ...rest } = presetConfig(preset)
  const kept = data === undefined || isChanged(data, config.data)
  const words = kept ? { name, report } : {}
  return {
    ...(merged({ ...rest, ...words }, { ...config, data: undefined, stages: undefined }) as CascadeConfig),
    data: kept ? (merged(data, config.data) as ConfiguredData | undefined) : config.data,
    stages: Array.isArray(config.stages ?? []) ? mergedStages(stages, config) : config.stages,
  }
}

/** Whether the data of a preset are those of a configuration, perhaps with other settings, rather than others. */
const isChanged = (below: ConfiguredData, above: ConfiguredData | undefined): boolean =>
  above === undefined ||
  (isRecord(above) && !Object.values(above).some(isSource) && [undefined, nameOf(below)].includes(nameOf(above)))

const isSource = (value: unknown): boolean => typeof (value as { read?: unknown } | null)?.read === 'function'

type Stages = NonNullable<CascadeConfig['stages']>

function mergedStages(below: Stages, { stages = [], network, training, sampling }: CascadeConfig): Stages {
  const ofAll = { network, training, sampling: isRecord(sampling) ? { ...sampling, batchSize: undefined } : sampling }
  return Array.from({ length: Math.max(below.length, stages.length) }, (_, i) => {
    const given = stages[i] ?? {}
    return i < below.length ? mergedStage(mergedStage(stageOf(below[i]!), ofAll), stageOf(given)) : given
  })
}

/** A stage's name is its own, not that of a kind. */
const mergedStage = (below: StageConfig, above: StageConfig): StageConfig => ({
  ...(merged({ ...below, name: undefined }, { ...above, name: undefined }) as StageConfig),
  name: above.name ?? below.name,
})

function merged(below: unknown, above: unknown): unknown {
  if (above === undefined) return below
  if (!isRecord(below) || !isRecord(above) || ![undefined, nameOf(below)].includes(nameOf(above))) return above
  const keys = [...new Set([...Object.keys(below), ...Object.keys(above)])]
  return Object.fromEntries(keys.map((key) => [key, merged(below[key], above[key])]))
}

/** A record of a configuration. A custom value has functions, and is taken whole. */
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !Object.values(value).some((each) => typeof each === 'function')

const nameOf = (value: unknown): string | undefined => (value as { readonly name?: string }).name
