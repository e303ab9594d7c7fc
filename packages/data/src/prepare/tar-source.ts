import { join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ImageSource } from '../sources/image-source.ts'
import { tarShards } from '../tar/tar-shards.ts'
import type { PreparedManifest } from './manifest.ts'

/** The images of `tar` shards. */
export async function tarSource(folder: string, manifest: PreparedManifest): Promise<ImageSource> {
  const { count, size, channels, settings } = manifest
  const shards = manifest.shards.filter(({ images }) => images > 0).map(({ file }) => join(folder, file))
  const classNames = settings.classNames ?? undefined
  const source = await tarShards(shards, {
    image: ['png'],
    decoding: { channels: channels as 1 | 2 | 3 | 4 },
    label: classNames && 'cls',
    classNames,
  })
  if (source.count !== count)
    throw new CascadeError('data', `${folder}: expected ${count} images in the shards, got ${source.count}`)
  return { ...source, name: folder, size: size ?? undefined }
}
