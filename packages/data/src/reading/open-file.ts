import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Opens a file to read it. A pipe without a writer does not make it wait: it is empty. */
export const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/**
 * Opens a file.
 * @throws what the system says, or that it is a folder or a device.
 */
export async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, readFlags)
  try {
    if ((await file.stat()).isFile()) return file
  } catch (error) {
    await file.close()
    throw error
  }
  await file.close()
  throw new Error('it is a folder or a device')
}
