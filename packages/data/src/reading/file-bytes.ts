import type { FileHandle } from 'node:fs/promises'
import { CascadeError } from '@cascade-diffusion/checks'
import { openFile } from './open-file.ts'

/** Reads bytes of an open file. @throws {CascadeError} of code `data` if the file ends before. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>

/**
 * Opens a file while `use` runs.
 * @throws {CascadeError} of code `file` if it cannot be opened or read.
 */
export async function withFile<T>(path: string, use: (read: ReadBytes, size: number) => Promise<T>): Promise<T> {
  const file = await openFile(path).catch((cause) => {
    throw new CascadeError('file', `${path}: could not be opened: ${cause.message}`, { cause })
  })
  try {
    const { size } = await file.stat()
    return await use((offset, length) => readBytes(file, path, size, offset, length), size)
  } finally {
    await file.close()
  }
}

async function readBytes(
  file: FileHandle,
  path: string,
  size: number,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const isPlace = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
  if (!isPlace || offset + length > size)
    throw new CascadeError(
      'data',
      `${path}: expected bytes ${offset} to ${offset + length}, the file has ${size}: cut short or damaged`,
    )
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done).catch((cause) => {
      throw new CascadeError('file', `${path}: could not be read: ${cause.message}`, { cause })
    })
    if (bytesRead === 0)
      throw new CascadeError('file', `${path}: expected ${size} bytes, the file became shorter while it was read`)
    done += bytesRead
  }
  return bytes
}
