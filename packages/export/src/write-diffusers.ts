import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { CascadeError } from '@cascade-diffusion/checks'
import { toSchedulerConfig } from '@cascade-diffusion/pretrained'
import { toDiffusers, toDiffusersConfig, type UNetConfig } from '@cascade-diffusion/unet'
import { checkSource, type ExportSource } from './model.ts'

/** What {@link writeDiffusers} could not write. */
export interface WrittenDiffusers {
  /** Why there is no `scheduler_config.json`, if there is none. */
  readonly noScheduler?: string
  /** Why there is no `model_index.json`, if there is none. */
  readonly noPipeline?: string
}

/**
 * Writes a stage or a U-Net as a folder that `UNet2DModel.from_pretrained` of diffusers loads in Python: `config.json`,
 * `diffusion_pytorch_model.safetensors`, and the process as `scheduler_config.json`, which
 * `DDPMScheduler.from_pretrained` loads, if diffusers has it. If a pipeline can run the network, `model_index.json`
 * makes `DiffusionPipeline.from_pretrained` load the folder. `DDPMPipeline` cannot give a network classes or small
 * images. A super-resolution network takes small images, already of the size of `xt`, as further channels there.
 * @throws if the network has what a `UNet2DModel` lacks: patches, levels of augmentation, a noiseSkip. The error names
 * it.
 */
export async function writeDiffusers(source: ExportSource, folder: string): Promise<WrittenDiffusers> {
  checkSource('writeDiffusers', source)
  const { params } = source
  const network = 'stage' in source ? source.stage.network : source.network
  const process = 'stage' in source ? source.stage.description.process : source.process
  const config = network.config as (UNetConfig & { noiseSkip?: boolean }) | null
  if (!config || typeof config !== 'object' || !('baseChannels' in config) || config.noiseSkip)
    throw new CascadeError('input', `writeDiffusers: expected a U-Net without noiseSkip, got ${JSON.stringify(config)}`)
  const json = toDiffusersConfig(config)
  const stateDict = toDiffusers(params, config)
  await mkdir(folder, { recursive: true })
  const write = (file: string, value: unknown) => writeFile(join(folder, file), `${JSON.stringify(value, null, 2)}\n`)
  // diffusers asks for the format: the tensors are PyTorch's.
  await writeSafetensors(join(folder, 'diffusion_pytorch_model.safetensors'), stateDict, { format: 'pt' })
  await write('config.json', json)
  let scheduler: ReturnType<typeof toSchedulerConfig>
  try {
    scheduler = toSchedulerConfig(process)
  } catch (error) {
    const noScheduler = (error as Error).message
    return { noScheduler, noPipeline: `a pipeline has a scheduler: ${noScheduler}` }
  }
  await write('scheduler_config.json', scheduler)
  const given = config.numClasses !== undefined ? 'a class' : config.lowRes ? 'a small image' : undefined
  if (given) return { noPipeline: `DDPMPipeline has no network that is given ${given}` }
  // As in the folders of google/ddpm-*, both parts are beside this file.
  await write('model_index.json', {
    _class_name: 'DDPMPipeline',
    scheduler: ['diffusers', scheduler._class_name],
    unet: ['diffusers', 'UNet2DModel'],
  })
  return {}
}
