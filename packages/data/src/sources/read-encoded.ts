import { type FileHandle, open, readFile } from 'node:fs/promises'
import { CascadeError } from '@cascade-diffusion/checks'
import type { EncodedImage } from './encoded-images.ts'

/**
 * The bytes of an encoded image.
 * @throws {CascadeError} of code `file` that names the image if the file cannot be read or is shorter.
 */
export async function readEncoded(image: EncodedImage): Promise<Uint8Array> {
  if ('bytes' in image) return image.bytes
  const { name, path, offset, length } = image
  try {
    if (offset === undefined && length === undefined) return await readFile(path)
    const file = await open(path, 'r')
    try {
      return await readRange(file, offset ?? 0, length ?? (await file.stat()).size - (offset ?? 0))
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw new CascadeError('file', `${name}: could not be read: ${(cause as Error).message}`, { cause })
  }
}

async function readRange(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
    if (bytesRead === 0) throw new Error(`expected ${length} bytes at ${offset}, got ${done}`)
    done += bytesRead
  }
  return bytes
}
