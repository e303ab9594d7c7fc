import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { CascadeError } from '@cascade-diffusion/checks'
import { readFlags } from '../reading/open-file.ts'
import type { EncodedImage } from './encoded-images.ts'

/**
 * The bytes of an encoded image.
 * @throws {CascadeError} of code `file` that names the image if the file cannot be read or is shorter.
 */
export async function readEncoded(image: EncodedImage): Promise<Uint8Array> {
  if ('bytes' in image) return image.bytes
  const { name, path, offset, length } = image
  try {
    if (offset === undefined && length === undefined) return await readFile(path, { flag: readFlags })
    const file = await open(path, readFlags)
    try {
      return await readRange(file, rangeIn((await file.stat()).size, offset, length))
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw unreadable(name, cause)
  }
}

/** {@link readEncoded} for a thread that may wait. */
export function readEncodedSync(image: EncodedImage): Uint8Array {
  if ('bytes' in image) return image.bytes
  const { name, path, offset, length } = image
  try {
    if (offset === undefined && length === undefined) return readFileSync(path, { flag: readFlags as never })
    const file = openSync(path, readFlags)
    try {
      return readRangeSync(file, rangeIn(fstatSync(file).size, offset, length))
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    throw unreadable(name, cause)
  }
}

const unreadable = (name: string, cause: unknown) =>
  new CascadeError('file', `${name}: could not be read: ${(cause as Error).message}`, { cause })

interface Range {
  readonly offset: number
  readonly length: number
}

/** @throws before any memory is taken, if the file is shorter. */
function rangeIn(size: number, offset = 0, length = size - offset): Range {
  if (length >= 0 && offset + length <= size) return { offset, length }
  throw new Error(`expected ${Math.max(0, length)} bytes at ${offset}, got a file of ${size}`)
}

async function readRange(file: FileHandle, { offset, length }: Range): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
    if (bytesRead === 0) throw new Error(`expected ${length} bytes at ${offset}, got ${done}`)
    done += bytesRead
  }
  return bytes
}

function readRangeSync(file: number, { offset, length }: Range): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const bytesRead = readSync(file, bytes, done, length - done, offset + done)
    if (bytesRead === 0) throw new Error(`expected ${length} bytes at ${offset}, got ${done}`)
    done += bytesRead
  }
  return bytes
}
