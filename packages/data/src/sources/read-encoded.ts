import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { readInto, readIntoSync, unreadable } from '../reading/file-bytes.ts'
import { type FileVersion, isSameVersion, readFlags } from '../reading/open-file.ts'
import type { EncodedImage, FileRange } from './encoded-images.ts'

/**
 * The bytes of an encoded image.
 * @throws {CascadeError} of code `file` that names the image if the file cannot be read, is shorter, or has changed.
 */
export async function readEncoded(image: EncodedImage): Promise<Uint8Array> {
  if ('bytes' in image) return image.bytes
  const { name, path } = image
  try {
    if (isWhole(image)) return await readFile(path, { flag: readFlags })
    const file = await open(path, readFlags)
    try {
      const { offset, bytes } = roomFor(image, await file.stat())
      return checkRead(offset, bytes, await readInto(bytes, file, offset))
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
  const { name, path } = image
  try {
    if (isWhole(image)) return readFileSync(path, { flag: readFlags as never })
    const file = openSync(path, readFlags)
    try {
      const { offset, bytes } = roomFor(image, fstatSync(file))
      return checkRead(offset, bytes, readIntoSync(bytes, file, offset))
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    throw unreadable(name, cause)
  }
}

const isWhole = ({ offset, length, version }: FileRange): boolean =>
  offset === undefined && length === undefined && version === undefined

/** @throws before any memory is taken, if the file has changed or is shorter. */
function roomFor({ version, offset = 0, length }: FileRange, file: FileVersion) {
  if (version && !isSameVersion(version, file))
    throw new Error('expected the file as it was opened, it has changed since: open it again')
  const bytes = length ?? file.size - offset
  if (!(bytes >= 0 && offset + bytes <= file.size))
    throw new Error(`expected ${Math.max(0, bytes)} bytes at ${offset}, got a file of ${file.size}`)
  return { offset, bytes: new Uint8Array(bytes) }
}

function checkRead(offset: number, bytes: Uint8Array, done: number): Uint8Array {
  if (done === bytes.length) return bytes
  throw new Error(`expected ${bytes.length} bytes at ${offset}, got ${done}`)
}
