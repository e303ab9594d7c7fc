import { readFile, stat } from 'node:fs/promises'
import { CascadeError } from '@cascade-diffusion/checks'
import type { CifarFiles } from './cifar-files.ts'
import { type CifarImages, imageBytes, interleave } from './cifar-images.ts'

/**
 * Reads the binary version: each image is a byte of its label (of CIFAR-100 two: coarse and fine), then its pixels.
 * @throws {CascadeError} of code `data` if a file is missing, is not of whole images, or has a label without a name.
 */
export async function readBinary({ set, batches, namesOf }: CifarFiles, kind: 'fine' | 'coarse'): Promise<CifarImages> {
  const classNames = (await read(namesOf(kind), 'the names of the classes')).toString().split(/\r?\n/).filter(Boolean)
  const labelBytes = set === 'cifar10' ? 1 : 2
  const record = labelBytes + imageBytes
  const counts = await Promise.all(batches.map((file) => countOf(file, record)))
  const count = counts.reduce((sum, n) => sum + n, 0)
  const data = new Uint8Array(count * imageBytes)
  const labels = new Int32Array(count)
  let image = 0
  for (const [batch, file] of batches.entries()) {
    const bytes = await read(file, 'images')
    if (bytes.length !== counts[batch]! * record)
      throw new CascadeError('data', `${file}: expected ${counts[batch]! * record} bytes, got ${bytes.length}`)
    for (let at = 0; at < bytes.length; at += record, image++) {
      const label = bytes[at + (kind === 'fine' ? labelBytes - 1 : 0)]!
      if (label >= classNames.length)
        throw new CascadeError(
          'data',
          `${file}: expected labels from 0 to ${classNames.length - 1}, got ${label} for image ${at / record}`,
        )
      labels[image] = label
      interleave(bytes, at + labelBytes, data, image * imageBytes)
    }
  }
  return { data, labels, classNames }
}

async function countOf(file: string, record: number): Promise<number> {
  const { size } = await stat(file)
  if (size > 0 && size % record === 0) return size / record
  throw new CascadeError('data', `${file}: expected images of ${record} bytes each, got ${size} bytes`)
}

async function read(file: string, what: string): Promise<Buffer> {
  return readFile(file).catch((cause) => {
    throw new CascadeError('data', `${file}: expected ${what}: ${cause.message}`, { cause })
  })
}
