import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { toSchedulerConfig } from '@cascade-diffusion/pretrained'
import { toDiffusers, toDiffusersConfig, type UNetConfig } from '@cascade-diffusion/unet'
import type { ExportSource } from './model.ts'

/** What {@link writeDiffusers} could not write. */
export interface WrittenDiffusers {
  /** Why there is no `scheduler_config.json`, if there is none. */
  readonly noScheduler?: string
}

/**
 * Writes a stage or a U-Net as a folder that `UNet2DModel.from_pretrained` of diffusers loads in Python: `config.json`,
 * `diffusion_pytorch_model.safetensors`, and the process as `scheduler_config.json`, which `DDPMScheduler.from_pretrained` loads,
 * if diffusers has it. A network that enlarges images takes them, already of the size of `xt`, as further channels there.
 * @throws naming what a `UNet2DModel` has not: patches, levels of augmentation, a path for the noise around the network.
 */
export async function writeDiffusers(source: ExportSource, folder: string): Promise<WrittenDiffusers> {
  const { params } = source
  const network = 'stage' in source ? source.stage.network : source.network
  const process = 'stage' in source ? source.stage.description.process : source.process
  const config = network.config as (UNetConfig & { noiseSkip?: boolean }) | null
  if (!config || typeof config !== 'object' || !('baseChannels' in config) || config.noiseSkip)
    throw new Error(`writeDiffusers: expected a U-Net without noiseSkip, got ${JSON.stringify(config)}`)
  const json = toDiffusersConfig(config)
  const stateDict = toDiffusers(params, config)
  await mkdir(folder, { recursive: true })
  const write = (file: string, value: unknown) => writeFile(join(folder, file), `${JSON.stringify(value, null, 2)}\n`)
  // diffusers wants to be told that the tensors are PyTorch's.
  await writeSafetensors(join(folder, 'diffusion_pytorch_model.safetensors'), stateDict, { format: 'pt' })
  await write('config.json', json)
  try {
    await write('scheduler_config.json', toSchedulerConfig(process))
    return {}
  } catch (error) {
    return { noScheduler: (error as Error).message }
  }
}
