import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** What tells a file from one that took its place. */
export interface FileVersion {
  /** Bytes. */
  readonly size: number
  /** The time of the last change, in milliseconds. */
  readonly mtimeMs: number
}

/** A file while it is open. */
export interface OpenFile extends FileVersion {
  readonly handle: FileHandle
}

/** Whether a file has not changed. A copy keeps the time to about a millisecond. */
export const isSameVersion = (a: FileVersion, b: FileVersion): boolean =>
  a.size === b.size && Math.abs(a.mtimeMs - b.mtimeMs) <= 2

/** Opens a file to read it. A pipe without a writer does not make it wait: it is empty. */
export const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/**
 * Opens a file.
 * @throws what the system says, or that it is a folder or a device.
 */
export async function openFile(path: string): Promise<OpenFile> {
  const handle = await open(path, readFlags)
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new Error('it is a folder or a device')
    return { handle, size: stats.size, mtimeMs: stats.mtimeMs }
  } catch (error) {
    await handle.close()
    throw error
  }
}
