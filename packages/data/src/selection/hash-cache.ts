import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { writeAtomically } from '@cascade-diffusion/files'

/** Bytes of a hash: the first of a SHA-256. */
export const hashBytes = 16

/** The file: this, entries of a key and a hash in the order of keys, and the SHA-256 of both. */
const magic = Buffer.from('cdhash01')
const entryBytes = 8 + hashBytes

/** Hashes by the key of the bytes that they are of. */
export interface HashCache {
  /** The hash that was kept for a key. */
  find(key: bigint): Uint8Array | undefined
  /**
   * Keeps hashes, `hashBytes` for each key; those of key 0 are left out.
   * @param before whether those that were kept before stay.
   */
  save(keys: BigUint64Array, hashes: Uint8Array, before: boolean): Promise<void>
}

/**
 * The hashes kept at a path. A file that is damaged counts as empty.
 * @throws {CascadeError} of code `input` if the file is something else, which would be overwritten; of code `file` if it cannot be read,
 * or hashes cannot be kept.
 */
export async function openHashCache(path: string): Promise<HashCache> {
  const entries = entriesOf(await fileAt(path))
  const count = entries.length / entryBytes
  const keyAt = (i: number): bigint => entries.readBigUInt64LE(i * entryBytes)
  return {
    find(key) {
      let [low, high] = [0, count]
      while (low < high) {
        const middle = (low + high) >>> 1
        if (keyAt(middle) < key) low = middle + 1
        else high = middle
      }
      if (low === count || keyAt(low) !== key) return undefined
      return entries.subarray(low * entryBytes + 8, (low + 1) * entryBytes)
    },
    async save(keys, hashes, before) {
      const given = Uint32Array.from(keys.keys())
        .filter((i) => keys[i] !== 0n)
        .sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1))
      const kept = before ? count : 0
      const out = Buffer.alloc((given.length + kept) * entryBytes)
      let length = 0
      let latest = 0n
      const add = (key: bigint, hash: Uint8Array): void => {
        if (key === latest) return
        out.writeBigUInt64LE(key, length)
        out.set(hash, length + 8)
        length += entryBytes
        latest = key
      }
      let old = 0
      for (const i of given) {
        for (; old < kept && keyAt(old) < keys[i]!; old++)
          add(keyAt(old), entries.subarray(old * entryBytes + 8, (old + 1) * entryBytes))
        add(keys[i]!, hashes.subarray(i * hashBytes, (i + 1) * hashBytes))
      }
      for (; old < kept; old++) add(keyAt(old), entries.subarray(old * entryBytes + 8, (old + 1) * entryBytes))
      await write(path, out.subarray(0, length))
    },
  }
}

async function fileAt(path: string): Promise<Buffer> {
  const file = await readFile(path).catch((cause) => {
    if (cause.code === 'ENOENT') return Buffer.alloc(0)
    throw new CascadeError('file', `cannot keep hashes at ${path}: ${cause.message}`, { cause })
  })
  const start = file.subarray(0, magic.length)
  // A system that fails may leave zeros.
  if (start.equals(magic.subarray(0, start.length)) || start.every((byte) => byte === 0)) return file
  throw new CascadeError(
    'input',
    `cannot keep hashes at ${path}: expected a file of hashes, or no file, got another file`,
  )
}

const digestOf = (entries: Uint8Array): Buffer => createHash('sha256').update(magic).update(entries).digest()

function entriesOf(file: Buffer): Buffer {
  const entries = file.subarray(magic.length, -32)
  const whole =
    file.length >= magic.length + 32 &&
    entries.length % entryBytes === 0 &&
    file.subarray(0, magic.length).equals(magic) &&
    file.subarray(-32).equals(digestOf(entries))
  return whole ? entries : Buffer.alloc(0)
}

async function write(path: string, entries: Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeAtomically(path, async (file) => {
      for (const part of [magic, entries, digestOf(entries)]) await file.writeFile(part)
    })
  } catch (cause) {
    throw new CascadeError('file', `cannot keep hashes at ${path}: ${(cause as Error).message}`, { cause })
  }
}
