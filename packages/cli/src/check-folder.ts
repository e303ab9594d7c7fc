import { access, constants, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'

/**
 * Sees before a long run whether its results can be written.
 * @param out the folder that is to be written to, which need not be there yet.
 * @throws naming the file that stands in its place or on the way to it, or the folder that may not be written to.
 */
export async function checkFolder(out: string): Promise<void> {
  for (let path = resolve(out); ; path = dirname(path)) {
    const found = await stat(path).catch((error) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
      throw error
    })
    if (!found) continue
    if (!found.isDirectory())
      throw new CascadeError('input', `--out: expected a folder, got '${out}': ${path} is a file`)
    await access(path, constants.W_OK).catch((cause) => {
      throw new CascadeError('input', `--out: expected a folder that can be written to, got '${out}': ${path} is not`, {
        cause,
      })
    })
    return
  }
}
