import { fsync } from 'node:fs'
import { promisify } from 'node:util'

/** What a system says if bytes do not reach the disk. */
const failures: ReadonlySet<unknown> = new Set(['EIO', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'ENXIO', 'ESTALE'])

/**
 * Flushes a file or a folder to the disk, where that can be done: Yarn's Plug'n'Play has `FileHandle.sync` in name only, and some
 * file systems cannot flush; nothing is lost by that unless the machine stops.
 * @throws if bytes did not reach the disk.
 */
export async function flush(file: { sync(): Promise<void>; readonly fd: number }): Promise<void> {
  try {
    await file.sync()
  } catch (error) {
    if (isFailure(error)) throw error
    await promisify(fsync)(file.fd).catch((error: unknown) => {
      if (isFailure(error)) throw error
    })
  }
}

const isFailure = (error: unknown): boolean => failures.has((error as NodeJS.ErrnoException).code)
