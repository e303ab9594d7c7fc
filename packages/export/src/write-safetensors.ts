import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeStage } from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'
import { writeUNet } from '@cascade-diffusion/pretrained'
import type { ExportSource } from './model.ts'

/**
 * Writes a stage, a U-Net, or the stages of a cascade, as safetensors files under our names: `NAME.safetensors` for each, which says
 * what it is, so that `fromPretrained` reads it without any options.
 * @param name of the file of a U-Net that is no stage. Default `unet`.
 * @returns the paths of the files.
 */
export async function writeSafetensorsFolder(
  sources: ExportSource | readonly ExportSource[],
  folder: string,
  name = 'unet',
): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const paths: string[] = []
  for (const source of [sources].flat() as ExportSource[]) {
    const path = join(folder, `${'stage' in source ? source.stage.name : name}.safetensors`)
    if (paths.includes(path))
      throw new CascadeError('input', `writeSafetensorsFolder: expected different names, got ${path} twice`)
    if ('stage' in source) await writeStage(path, source.stage.description, source.params)
    else {
      const { config, process, lowResolution } = source
      await writeUNet(path, { config, process, lowResolution }, source.params)
    }
    paths.push(path)
  }
  return paths
}
