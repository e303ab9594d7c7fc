import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/**
 * The bytes kept at `path`, or those that `make` gives, which are then kept there: after their SHA-256, and written
 * aside and renamed, so that a file damaged or cut short is noticed and made anew.
 */
export async function cachedBytes(path: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const kept = new Uint8Array(await readFile(path).catch(() => []))
  if (kept.length > 32 && digest(kept.subarray(32)).equals(kept.subarray(0, 32))) return kept.subarray(32)
  const bytes = await make()
  const aside = `${path}.${process.pid}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(aside, [digest(bytes), bytes])
    await rename(aside, path)
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => {}) // the first error is the one to tell
    throw new CascadeError('data', `cannot keep ${bytes.length} bytes at ${path}: ${(cause as Error).message}`, {
      cause,
    })
  }
  return bytes
}
