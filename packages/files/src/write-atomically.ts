import { existsSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { flush } from './flush.ts'

const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than the system allows',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is a file',
  EACCES: 'permission is denied',
  EROFS: 'the file system is read-only',
}

/** Files written by this process. */
let written = 0

/** An open file: a `FileHandle` of Node.js, whose types a program need not have. */
export interface WritableFile {
  /** Writes all of it after what was written before. */
  writeFile(contents: string | Uint8Array): Promise<void>
  /** Writes bytes, at a position if one is given; perhaps fewer than there are. */
  write(bytes: Uint8Array, offset?: number, length?: number, position?: number): Promise<{ bytesWritten: number }>
}

/** What a file is to hold: its bytes or text, or a function that writes them. */
export type FileContents = string | Uint8Array | ((file: WritableFile) => Promise<void>)

/**
 * Writes a file so that `path` holds either what it held before or the whole new file, whatever fails: the contents go to a file
 * `<path>.….partial` beside it, which is flushed to the disk and then renamed. Of several writers at once, each has a partial
 * file of its own, and the last to finish has its contents at `path`. The partial file is removed on failure.
 * @throws {CascadeError} of code `input` on wrong arguments; of code `file` if it cannot be written, which names the path and the reason and says that the previous file is untouched.
 */
export async function writeAtomically(path: string, contents: FileContents): Promise<void> {
  if (typeof path !== 'string' || path === '')
    throw new CascadeError('input', `writeAtomically: expected the path of a file, got ${shown(path)}`)
  if (!['string', 'function'].includes(typeof contents) && !(contents instanceof Uint8Array))
    throw new CascadeError(
      'input',
      `writeAtomically: expected contents, a text, bytes or a function, got ${shown(contents)}`,
    )
  await replaceFile(path, `${path}.${process.pid}-${written++}.partial`, contents)
  await syncFolder(dirname(path))
}

/**
 * Writes files of a folder, each as {@link writeAtomically} does, but flushes the folder once for all of them, which is
 * faster. The partial file of `NAME` is `NAME.partial`, so a folder has one writer at a time, and what a killed writer
 * left is overwritten when that file is written again.
 * @throws as {@link writeAtomically}; some of the files may be written then.
 */
export async function writeFilesAtomically(
  folder: string,
  files: Readonly<Record<string, FileContents>>,
): Promise<void> {
  const waiting = Object.entries(files)
  const writeNext = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const path = join(folder, next[0])
      await replaceFile(path, `${path}.partial`, next[1])
    }
  }
  await Promise.all(Array.from({ length: writersAtOnce }, writeNext))
  await syncFolder(folder)
}

/** The time is that of flushing, of which a system can do several at once. */
const writersAtOnce = 8

async function replaceFile(path: string, partial: string, contents: FileContents): Promise<void> {
  try {
    // Renaming would put a file in place of a device: of /dev/null, for the superuser.
    if ((await stat(path).catch(() => undefined))?.isFile() === false) throw new Error('it is a folder or a device')
    const file = await open(partial, 'w')
    try {
      await (typeof contents === 'function' ? contents(file) : file.writeFile(contents))
      await flush(file)
    } finally {
      await file.close()
    }
    await rename(partial, path)
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => {})
    throw fileError(path, cause)
  }
}

/** The error of a file that could not be written: it says why, and whether a file of the same name is still there. */
export function fileError(path: string, cause: unknown): CascadeError {
  const { code = '', message } = cause as NodeJS.ErrnoException
  const reason = reasons[code] ? `${reasons[code]} (${message})` : message
  const rest = existsSync(path) ? 'the previous file is untouched' : 'no file was left there'
  return new CascadeError('file', `could not write ${path}: ${reason}; ${rest}`, { cause })
}

/** Makes a renaming itself durable; some systems (Windows) cannot flush a folder, and there is nothing to do then. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  if (handle) await flush(handle).catch(() => {})
  await handle?.close()
}
