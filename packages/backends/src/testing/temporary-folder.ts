import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder for the rest of the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'backends-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal
