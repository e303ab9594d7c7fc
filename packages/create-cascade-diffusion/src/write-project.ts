import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'

/**
 * Writes the files of a project. Nothing is written over.
 * @param folder is made if it is missing; may hold other files, such as the images.
 * @throws before anything is written, if one of the files is there already.
 */
export async function writeProject(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const there = new Set(await namesIn(folder))
  const present = Object.keys(files).filter((name) => there.has(name))
  if (present.length > 0)
    throw new CascadeError(
      'file',
      `create: expected none of its files in ${folder}, got ${present.join(', ')}. Choose another folder, or remove them`,
    )
  try {
    await mkdir(folder, { recursive: true })
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { flag: 'wx' })
  } catch (cause) {
    throw new CascadeError('file', `create: ${folder} cannot be written: ${(cause as Error).message}`, { cause })
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new CascadeError('file', `create: expected a folder, got ${folder}: ${(cause as Error).message}`, { cause })
  }
}
