import { readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { isRunning } from './is-running.ts'
import { fileError } from './write-atomically.ts'

/** The file in a claimed folder that says who has it. */
export const claimFile = 'in-use.json'

/** Claims of dead processes that this process moved aside. */
let moved = 0

/** Who has a folder. */
interface Holder {
  readonly pid: number
  readonly host: string
  /** When the process was started, in its system's ticks; a later process may have the same number. */
  readonly started?: string
}

/**
 * Claims a folder for this process, so that no two write to it at once. The folder is made if it is missing. A claim of
 * a process that is not there any more, because it was killed for example, counts for nothing.
 * @returns what gives the folder back.
 * @throws of code `input` if the path is that of a file; of code `file` if another process has the folder, or it cannot
 * be written to.
 */
export async function claimFolder(folder: string): Promise<() => Promise<void>> {
  if (typeof folder !== 'string' || folder === '')
    throw new CascadeError('input', `claimFolder: expected the path of a folder, got ${shown(folder)}`)
  if ((await stat(folder).catch(() => undefined))?.isDirectory() === false)
    throw new CascadeError('input', `${folder}: expected the path of a folder, got that of a file`)
  const path = join(folder, claimFile)
  const holder: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) }
  try {
    await mkdir(folder, { recursive: true })
    while (!(await claimed(path, JSON.stringify(holder)))) await removeDead(folder, path)
  } catch (cause) {
    if (cause instanceof CascadeError) throw cause
    throw fileError(path, cause)
  }
  return () => rm(path, { force: true })
}

/** Whether nobody had it. */
async function claimed(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    // Of a full disk, an empty file would be left.
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') await rm(path, { force: true })
    throw error
  }
}

/** Removes the claim of a dead process. @throws if its process is alive. */
async function removeDead(folder: string, path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return
  await refuseLiving(folder, path, text)
  // Another process may do the same at the same time: only one can rename it.
  const aside = `${path}.${process.pid}-${moved++}`
  if (
    await rename(path, aside).then(
      () => false,
      () => true,
    )
  )
    return
  const removed = await readFile(aside, 'utf8')
  if (removed !== text) {
    await rename(aside, path)
    return refuseLiving(folder, path, removed)
  }
  await rm(aside, { force: true })
}

async function refuseLiving(folder: string, path: string, text: string): Promise<void> {
  const holder = parsed(text)
  // It may be written just now.
  if (!holder && Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0) > 10_000) return
  if (holder && holder.host === hostname() && !isAlive(holder)) return
  const who = holder ? `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}` : 'a process'
  throw new CascadeError(
    'file',
    `${folder}: expected a folder that no other process uses, got one in use by ${who}: wait for it or end it; ` +
      `if there is no such process, remove ${path}`,
  )
}

const isAlive = ({ pid, started }: Holder): boolean => {
  if (!isRunning(pid)) return false
  const now = startOf(pid)
  return started === undefined || now === undefined || started === now
}

/** When a process was started, where the system says so: on Linux. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program, in brackets, may hold spaces. The time is the 22nd field.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

function parsed(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder
    return Number.isSafeInteger(holder.pid) ? holder : undefined
  } catch {
    return undefined
  }
}
