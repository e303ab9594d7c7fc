import { access, constants, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'

/**
 * Checks, before a long run, that its results can be written.
 * @param out the folder of the results. It need not exist yet.
 * @param what the argument that names it, for errors.
 * @throws if it is a file, lies below a file, or is not writable.
 */
export async function checkFolder(out: string, what = '--out'): Promise<void> {
  for (let path = resolve(out); ; path = dirname(path)) {
    const found = await stat(path).catch((error) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
      throw error
    })
    if (!found) continue
    if (!found.isDirectory())
      throw new CascadeError('input', `${what}: expected a folder, got '${out}': ${path} is a file`)
    await access(path, constants.W_OK).catch((cause) => {
      throw new CascadeError(
        'input',
        `${what}: expected a folder that can be written to, got '${out}': ${path} is not`,
        {
          cause,
        },
      )
    })
    return
  }
}
