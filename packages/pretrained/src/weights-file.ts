import type { NDArray, Params } from '@cascade-diffusion/arrays'
import type { StageDescription } from '@cascade-diffusion/cascade'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'
import type { UNetConfig } from '@cascade-diffusion/unet'

const stageFormat = 'cascade-diffusion stage 1'
const unetFormat = 'cascade-diffusion unet 1'

/** What a file says of a U-Net that is no stage. */
export interface WrittenUNet {
  readonly config: UNetConfig
  readonly process: ProcessConfig
  /** Height and width of the small images that it enlarges, if it does. */
  readonly lowResolution?: number
}

/**
 * Writes a stage's weights under our names, with what it takes to build the stage again: a safetensors file that
 * `fromPretrained` reads, of a quarter of a training checkpoint's size.
 * @throws as `writeSafetensors`.
 */
export const writeStage = (path: string, stage: StageDescription, params: Params<NDArray>): Promise<void> =>
  writeSafetensors(path, params, { format: stageFormat, stage: JSON.stringify(stage) })

/**
 * Writes a U-Net's weights under our names, with its configuration and process: a safetensors file that `fromPretrained` reads.
 * @throws as `writeSafetensors`.
 */
export const writeUNet = (path: string, unet: WrittenUNet, params: Params<NDArray>): Promise<void> =>
  writeSafetensors(path, params, { format: unetFormat, unet: JSON.stringify(unet) })

/** What a file's metadata says of what is in it, if {@link writeStage} or {@link writeUNet} wrote it. */
export function written({ format, stage, unet }: Readonly<Record<string, string>>): {
  readonly stage?: StageDescription
  readonly unet?: WrittenUNet
} {
  if (format === stageFormat && stage) return { stage: JSON.parse(stage) as StageDescription }
  if (format === unetFormat && unet) return { unet: JSON.parse(unet) as WrittenUNet }
  return {}
}
