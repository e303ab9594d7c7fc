import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { writeAtomically } from '@cascade-diffusion/files'

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/**
 * The bytes kept at `path`, or those that `make` gives, which are then kept there. The file begins with their SHA-256: one that is
 * damaged or cut short is made anew. Several processes may do so at once, as all make the same bytes.
 * @throws {CascadeError} of code `file` if they cannot be kept.
 */
export async function cachedBytes(path: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const kept = new Uint8Array(await readFile(path).catch(() => []))
  if (kept.length > 32 && digest(kept.subarray(32)).equals(kept.subarray(0, 32))) return kept.subarray(32)
  const bytes = await make()
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeAtomically(path, async (file) => {
      for (const part of [digest(bytes), bytes]) await file.writeFile(part)
    })
  } catch (cause) {
    throw new CascadeError('file', `cannot keep ${bytes.length} bytes at ${path}: ${(cause as Error).message}`, {
      cause,
    })
  }
  return bytes
}
