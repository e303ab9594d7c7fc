import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'

/** The bytes of all files in a folder and below. */
export async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}

/** A JSON file. @throws of code `checkpoint` if it is none. */
export async function jsonAt<T>(path: string): Promise<T> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new CascadeError('checkpoint', `expected JSON in ${path}: ${(cause as Error).message}`, { cause })
  }
}
