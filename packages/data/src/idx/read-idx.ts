import { kMaxLength } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { constants, gunzip } from 'node:zlib'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import { openFile } from '../reading/open-file.ts'
import { idxSize, parseIdx } from './parse-idx.ts'

const inflate = promisify(gunzip)

/** Inflates to a header at least, and to 4 MB at most. */
const firstPacked = 4096

/**
 * Reads an IDX file of unsigned bytes, plain or compressed by gzip, which is known by its first bytes.
 * @throws {CascadeError} of code `data` that names the file if it is missing, of another kind, cut short, or too long.
 */
export async function readIdx(path: string): Promise<ByteImages> {
  const bytes = await fileOf(path)
  return parseIdx(bytes[0] === 0x1f && bytes[1] === 0x8b ? await inflated(bytes, path) : bytes, path)
}

async function fileOf(path: string): Promise<Buffer> {
  try {
    const { handle } = await openFile(path) // Not a folder or a device.
    await handle.close()
    return await readFile(path) // By its path, as Yarn keeps files in zips.
  } catch (cause) {
    throw new CascadeError('data', `${path}: expected an IDX file: ${(cause as Error).message}`, { cause })
  }
}

/** The content, at most one byte more than its header says. */
async function inflated(bytes: Buffer, path: string): Promise<Uint8Array> {
  try {
    const start = await inflate(bytes.subarray(0, firstPacked), { finishFlush: constants.Z_SYNC_FLUSH })
    const size = idxSize(start, path)
    return start.length > size ? start : await inflate(bytes, { maxOutputLength: Math.min(size + 1, kMaxLength) })
  } catch (cause) {
    if (cause instanceof CascadeError) throw cause
    throw new CascadeError('data', `${path}: could not be inflated: ${(cause as Error).message}`, { cause })
  }
}
