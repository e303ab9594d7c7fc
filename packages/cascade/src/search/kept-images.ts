import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { NDArray } from '@cascade-diffusion/arrays'
import { readSafetensors, writeSafetensors } from '@cascade-diffusion/checkpoints'
import { digestOf } from './json-value.ts'

type Images = NDArray<'float32'>

/** What images are of: a JSON value that says all that they depend on, with the name of the stage. */
export interface ImagesKey {
  readonly stage: string
  readonly of: unknown
}

/** Images that several candidates start from. */
export interface KeptImages {
  /**
   * The images of a key, which are made if they are not there.
   * @param shared whether other candidates need them too: they are written to the folder.
   */
  get(key: ImagesKey, shared: boolean, make: () => Promise<Images>): Promise<Images>
  /** Frees the memory of all images but those of some keys. */
  retain(keys: readonly ImagesKey[]): void
}

/**
 * Keeps images in memory, and the shared ones in the files `samples/STAGE-DIGEST.safetensors` of a folder, if one is
 * given. A file is written whole or not at all.
 */
export function keptImages(folder: string | undefined): KeptImages {
  const memory = new Map<string, Images>()
  const fileOf = (folder: string, { stage, of }: ImagesKey) =>
    join(folder, 'samples', `${stage}-${digestOf(of).slice(0, 16)}.safetensors`)

  const read = async (key: ImagesKey): Promise<Images | undefined> => {
    if (folder === undefined || !existsSync(fileOf(folder, key))) return undefined
    const { tensors } = await readSafetensors(fileOf(folder, key))
    return tensors.images as Images
  }
  const write = async (key: ImagesKey, images: Images) => {
    if (folder === undefined) return
    await mkdir(join(folder, 'samples'), { recursive: true })
    await writeSafetensors(fileOf(folder, key), { images }, { of: JSON.stringify(key.of) })
  }
  return {
    async get(key, shared, make) {
      const name = digestOf(key.of)
      const found = memory.get(name) ?? (shared ? await read(key) : undefined)
      const images = found ?? (await make())
      if (!found && shared) await write(key, images)
      memory.set(name, images)
      return images
    },
    retain(keys) {
      const names = new Set(keys.map(({ of }) => digestOf(of)))
      for (const name of memory.keys()) if (!names.has(name)) memory.delete(name)
    },
  }
}
