import type { NDArray } from '@cascade-diffusion/arrays'
import type { StageDescription } from '@cascade-diffusion/cascade'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import type { Params } from '@cascade-diffusion/unet'

const format = 'cascade-diffusion stage 1'

/**
 * Writes a stage's weights under our names, with what it takes to build the stage again: a safetensors file that
 * `fromPretrained` reads, of a quarter of a training checkpoint's size.
 * @throws as `writeSafetensors`.
 */
export const writeStage = (path: string, stage: StageDescription, params: Params<NDArray>): Promise<void> =>
  writeSafetensors(path, params, { format, stage: JSON.stringify(stage) })

/** The description of a stage that {@link writeStage} wrote, from a file's metadata, or nothing. */
export const writtenStage = (metadata: Readonly<Record<string, string>>): StageDescription | undefined =>
  metadata.format === format ? (JSON.parse(metadata.stage ?? 'null') as StageDescription) : undefined
