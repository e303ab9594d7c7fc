import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { type StageDescription, writtenStage } from '@cascade-diffusion/cascade'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { parseConfig, schema } from '@cascade-diffusion/checks'
import { migrateProcess, type ProcessConfig, processSchema } from '@cascade-diffusion/diffusion'
import { migrateNetwork, type UNetConfig, unetEntries, unetSchema } from '@cascade-diffusion/unet'

const unetFormat = 'cascade-diffusion unet 1'

/** The description of a U-Net without a stage. */
export interface WrittenUNet {
  readonly config: UNetConfig
  readonly process: ProcessConfig
  /** The size of the low-resolution images of a super-resolution network: the side of a square, or [height, width]. */
  readonly lowResolution?: UNetConfig['resolution']
}

const writtenSchema = schema.record<WrittenUNet>({
  config: unetSchema,
  process: processSchema,
  lowResolution: schema.optional(unetEntries.resolution),
})

/**
 * Writes the weights of a U-Net under our names, with its configuration and process: a safetensors file that
 * `fromPretrained` reads.
 * @throws as `writeSafetensors`.
 */
export const writeUNet = (path: string, unet: WrittenUNet, params: Params<NDArray>): Promise<void> =>
  writeSafetensors(path, params, { format: unetFormat, unet: JSON.stringify(unet) })

/** The description in the metadata of a file that `writeStage` of `cascade` or {@link writeUNet} wrote. */
export function written(metadata: Readonly<Record<string, string>>): {
  readonly stage?: StageDescription
  readonly unet?: WrittenUNet
} {
  const { format, unet } = metadata
  return {
    stage: writtenStage(metadata),
    unet: format === unetFormat && unet ? parsed(JSON.parse(unet)) : undefined,
  }
}

function parsed(unet: WrittenUNet): WrittenUNet {
  const { config, process, ...rest } = unet
  const now = { config: migrateNetwork(config), process: migrateProcess(process), ...rest }
  return parseConfig('the metadata of a U-Net', writtenSchema, now, { code: 'checkpoint' })
}
