import { readSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { CascadeError } from '@cascade-diffusion/checks'
import { type OpenFile, openFile } from './open-file.ts'

/** Reads bytes of an open file. @throws {CascadeError} of code `data` if the file ends before. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>

/**
 * Opens a file while `use` runs.
 * @throws {CascadeError} of code `file` if it cannot be opened or read.
 */
export async function withFile<T>(
  path: string,
  use: (read: ReadBytes, size: number, file: OpenFile) => Promise<T>,
): Promise<T> {
  const file = await openFile(path).catch((cause) => {
    throw new CascadeError('file', `${path}: could not be opened: ${cause.message}`, { cause })
  })
  const { handle, size } = file
  try {
    return await use((offset, length) => readBytes(handle, path, size, offset, length), size, file)
  } finally {
    await handle.close()
  }
}

/** The error of a file, or of an image in one. */
export const unreadable = (name: string, cause: unknown): CascadeError =>
  new CascadeError('file', `${name}: could not be read: ${(cause as Error).message}`, { cause })

async function readBytes(
  handle: FileHandle,
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
  const done = await readInto(bytes, handle, offset).catch((cause) => {
    throw unreadable(path, cause)
  })
  if (done === length) return bytes
  throw new CascadeError('file', `${path}: expected ${size} bytes, the file became shorter while it was read`)
}

/** Fills an array from a place of a file. @returns the bytes read, fewer at the end of the file. */
export async function readInto(bytes: Uint8Array, handle: FileHandle, offset: number): Promise<number> {
  let done = 0
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

/** {@link readInto} for a thread that may wait. */
export function readIntoSync(bytes: Uint8Array, file: number, offset: number): number {
  let done = 0
  while (done < bytes.length) {
    const bytesRead = readSync(file, bytes, done, bytes.length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}
