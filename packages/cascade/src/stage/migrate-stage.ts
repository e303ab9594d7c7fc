import { migrateAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import { migrateProcess } from '@cascade-diffusion/diffusion'
import { migrateNetwork } from '@cascade-diffusion/unet'
import type { StageDescription } from './stage-config.ts'

/**
 * Brings the description of a stage from a checkpoint before version 0.1 to the present form: schedules have their own
 * configurations, and networks name their noise embedding. Everything else stays as it is. Unchecked.
 */
export function migrateStage(description: StageDescription): StageDescription {
  const { process, network, augmentation } = description
  const migrated = { ...description, process: migrateProcess(process), network: migrateNetwork(network) }
  return augmentation ? { ...migrated, augmentation: migrateAugmentation(augmentation) } : migrated
}

/** Brings the description of a stage's run in a training checkpoint to the present form. */
export function migrateStageRun(config: unknown): unknown {
  const { stage } = (config ?? {}) as { readonly stage?: StageDescription }
  return stage ? { ...(config as object), stage: migrateStage(stage) } : config
}
