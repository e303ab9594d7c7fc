import { migrateAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import { migrateProcess } from '@cascade-diffusion/diffusion'
import { migrateNetwork } from '@cascade-diffusion/unet'
import type { StageDescription } from './stage-config.ts'

/**
 * The present form of a stage as checkpoints before version 0.1 describe it: schedules are configurations of their own, and networks
 * name their noise embedding. All else is left as it is. Unchecked.
 */
export function migrateStage(description: StageDescription): StageDescription {
  const { process, network, augmentation } = description
  const migrated = { ...description, process: migrateProcess(process), network: migrateNetwork(network) }
  return augmentation ? { ...migrated, augmentation: migrateAugmentation(augmentation) } : migrated
}

/** The present form of what a checkpoint of training says of the run of a stage. */
export function migrateStageRun(config: unknown): unknown {
  const { stage } = (config ?? {}) as { readonly stage?: StageDescription }
  return stage ? { ...(config as object), stage: migrateStage(stage) } : config
}
