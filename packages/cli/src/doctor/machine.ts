import { access, constants, stat, statfs } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { dirname, resolve } from 'node:path'

/** Whether something works here; if not, why, and what to do. */
export interface Finding {
  readonly name: string
  readonly works: boolean
  /** Versions, sizes, and whether a GPU is used. */
  readonly detail?: string
  readonly reason?: string
}

/** Node.js as package.json's `engines` wants it. */
export function nodeFinding(version: string): Finding {
  const [major, minor] = version.split('.').map(Number) as [number, number]
  const works = major > 20 || (major === 20 && minor >= 19)
  return { name: 'Node.js', works, detail: version, reason: works ? undefined : 'expected 20.19 or later' }
}

/** Memory in bytes. */
export interface Memory {
  readonly total: number
  readonly free: number
}

/** The memory that this process may take: that of its container, if that has a limit. */
export const memoryHere = (): Memory => ({
  total: Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()),
  free: process.availableMemory(),
})

/** A small network trains in a gigabyte. */
export function memoryFinding({ total, free }: Memory): Finding {
  const works = free >= 1e9
  const reason = works ? undefined : 'training needs 1 GB or more: close other programs, or use smaller batches'
  return { name: 'memory', works, detail: `${gigabytes(free)} of ${gigabytes(total)} free`, reason }
}

/** The room in a folder, and whether it can be written to. The folder need not exist. */
export async function diskFinding(name: string, folder: string): Promise<Finding> {
  const there = await existing(resolve(folder))
  const { bavail, bsize } = await statfs(there)
  const free = bavail * bsize
  const writable = await access(there, constants.W_OK).then(
    () => true,
    () => false,
  )
  const reason = !writable
    ? `${there} cannot be written to`
    : free < 1e9
      ? 'checkpoints and data sets need 1 GB or more: free some space'
      : undefined
  return { name, works: reason === undefined, detail: `${gigabytes(free)} free in ${folder}`, reason }
}

/** The folder, or the closest one above it that exists. */
async function existing(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined)
    if (found || dirname(at) === at) return at
  }
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`
