import type { FileHandle } from 'node:fs/promises'
import { CascadeError } from '@cascade-diffusion/checks'

/** The bytes at a place of an open file. @throws {CascadeError} of code `file` if it ends before, or cannot be read. */
export async function readAt(path: string, file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done).catch((cause) => {
      throw new CascadeError('file', `${path}: could not be read: ${cause.message}`, { cause })
    })
    if (bytesRead === 0)
      throw new CascadeError('file', `${path}: expected ${length} bytes at ${offset}, got ${done}: it became shorter`)
    done += bytesRead
  }
  return bytes
}
