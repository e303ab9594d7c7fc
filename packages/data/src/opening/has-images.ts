import { opendir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { imageExtensions } from '../folder/image-folder.ts'

/** Whether a name is that of an image. */
export const isImageName = (name: string): boolean =>
  !name.startsWith('.') && imageExtensions.includes(extname(name).toLowerCase())

/** Whether there is an image in a folder, or at most `depth` folders below. Ends at the first. */
export async function hasImages(folder: string, depth: number): Promise<boolean> {
  const inner: string[] = []
  const entries = await opendir(folder).catch(() => undefined)
  for await (const entry of entries ?? []) {
    if (entry.name.startsWith('.')) continue
    if (!entry.isDirectory() && isImageName(entry.name)) return true
    if (entry.isDirectory() || entry.isSymbolicLink()) inner.push(join(folder, entry.name))
  }
  if (depth === 0) return false
  for (const path of inner) if (await hasImages(path, depth - 1)) return true
  return false
}
