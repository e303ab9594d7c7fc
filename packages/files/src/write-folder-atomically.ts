import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { exchangeFolder } from './exchange-folder.ts'
import { previousFolder } from './previous-folder.ts'

/** Options of {@link writeFolderAtomically}. */
export interface WriteFolderOptions {
  /**
   * Whether a folder that is there, and not empty, may be replaced: it throws if not. Whatever it holds is lost, so the function has to
   * recognise every file.
   */
  readonly checkReplaced: (folder: string) => Promise<void>
}

/**
 * Writes a folder whole or not at all: `write` fills `<folder>.partial`, which is then renamed. What was there is renamed to
 * {@link previousFolder} in between, and removed afterwards; a crash between the two leaves it under that name.
 * @throws what `write` and `checkReplaced` throw, and {@link CascadeError} of code `file` if the folder cannot be made or renamed; what
 * was there is then untouched.
 */
export async function writeFolderAtomically(
  folder: string,
  write: (partial: string) => Promise<void>,
  { checkReplaced }: WriteFolderOptions,
): Promise<void> {
  const path = resolve(folder)
  const [partial, previous] = [`${path}.partial`, previousFolder(path)]
  const check = async (old: string) => {
    if (existsSync(old) && (await contents(old)).length > 0) await checkReplaced(old)
  }
  await check(path)
  await check(previous)
  try {
    await filing(path, () => mkdir(dirname(path), { recursive: true }))
    await rm(partial, { recursive: true, force: true })
    await filing(path, () => mkdir(partial))
    await write(partial)
    await filing(path, async () => {
      if (existsSync(path)) await rm(previous, { recursive: true, force: true })
      await exchangeFolder(partial, path, previous)
      await rm(previous, { recursive: true, force: true })
    })
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => {})
    throw error
  }
}

const contents = (folder: string): Promise<string[]> => filing(folder, () => readdir(folder))

async function filing<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    throw new CascadeError('file', `could not write the folder ${path}: ${(cause as Error).message}`, { cause })
  }
}
