import { existsSync } from 'node:fs'
import { CascadeError, checkOptions, type KnownKeys, parseConfig, throwIfAborted } from '@cascade-diffusion/checks'
import { checkData } from '../data/check-data.ts'
import { datasets, loadData, withAdded } from '../data/data.ts'
import type { ExperimentData, LoadOptions } from '../data/load-context.ts'
import { completeData } from '../defaults/complete-data.ts'
import { completePlan } from '../defaults/complete-plan.ts'
import { dataFacts } from '../defaults/data-facts.ts'
import { machineMemory } from '../defaults/machine-memory.ts'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { checkPlan } from '../plan/check-plan.ts'
import type { CascadeConfig, ConfiguredData } from './cascade-config.ts'
import { cascadeConfigSchema, parseCascadeConfig } from './config-schema.ts'
import { withPreset } from './preset.ts'

/** Options of {@link resolveConfig}. */
export interface ResolveConfigOptions {
  /** Where images that are made, and hashes of images, are kept between runs. */
  readonly cacheDir: string
  /** The memory that training may take, in bytes. Default: that of this machine. */
  readonly memoryBytes?: number
  /** Called while images are made or hashed. */
  readonly progress?: LoadOptions['progress']
  /** Ends the work when it aborts. */
  readonly signal?: AbortSignal
}

const optionKeys: KnownKeys<ResolveConfigOptions> = { cacheDir: true, memoryBytes: true, progress: true, signal: true }

/** A plan and its images. */
export interface ResolvedConfig {
  readonly plan: CascadePlan
  readonly data: ExperimentData
}

const where = 'configuration'

/**
 * The plan of a configuration, with nothing left out, and its images: what the configuration leaves open follows from
 * its preset, from the data and from the memory. A plan stays as it is.
 * @throws CascadeError 'input' that lists everything that is wrong with the configuration; if it has no data; or if the
 * data do not fit it. CascadeError 'data' if there are no images.
 */
export async function resolveConfig(config: CascadeConfig, options: ResolveConfigOptions): Promise<ResolvedConfig> {
  checkOptions('resolveConfig', options, optionKeys)
  const { cacheDir, memoryBytes = machineMemory(), progress = () => {}, signal } = options
  const { data, ...whole } = parseConfig(where, cascadeConfigSchema, withPreset(parseCascadeConfig(where, config)))
  checkPlace(data)
  const configured = await completeData(data)
  throwIfAborted(signal, where)
  const loaded = await loadData(configured, { cacheDir, progress })
  throwIfAborted(signal, where)
  const plan = completePlan({ ...whole, data: configured }, await dataFacts(loaded), { memoryBytes })
  checkPlan(plan)
  throwIfAborted(signal, where)
  // The plan may crop the images too.
  const prepared = withAdded(plan.data, configured, loaded)
  checkData(plan, prepared)
  return { plan, data: prepared }
}

/** @throws unless a configuration says where its images are. */
function checkPlace(data: ConfiguredData | undefined): asserts data is ConfiguredData {
  if (data === undefined)
    throw new CascadeError(
      'input',
      `${where}: expected data, such as { data: 'photos' }, or a preset that has data; got neither`,
    )
  if (typeof data === 'string' && (datasets.names as readonly string[]).includes(data) && !existsSync(data))
    throw new CascadeError(
      'input',
      `${where}: expected data, a path, got '${data}', which is not there; the data set is { name: '${data}' }`,
    )
}
