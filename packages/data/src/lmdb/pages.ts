import { type FileHandle, open } from 'node:fs/promises'
import { CascadeError } from '@cascade-diffusion/checks'
import { type Layout, pageKind, pageKinds, readNumber } from './layout.ts'
import { readAt } from './read-at.ts'
import { readSnapshot, type Snapshot } from './snapshot.ts'
import { damaged } from './tree.ts'

/** The pages of a file, while it is open. */
export interface Pages extends Snapshot {
  /** Bytes of the file. */
  readonly size: number
  readonly file: FileHandle
}

/** A page, or its beginning. */
export interface Page {
  /** What errors call it. */
  readonly where: string
  readonly layout: Layout
  readonly bytes: Buffer
}

/** Opens a file while `use` runs. */
export async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'r').catch((cause) => {
    throw new CascadeError('file', `${path}: could not be read: ${cause.message}`, { cause })
  })
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}

/**
 * Opens the file of a snapshot while `use` runs. A writer may reuse the pages of a snapshot only after another transaction, so what was
 * read is of the snapshot if that is still the newest one afterwards.
 * @throws {CascadeError} of code `data` if it is not, whatever `use` did.
 */
export const withPages = <T>(snapshot: Snapshot, use: (pages: Pages) => Promise<T>): Promise<T> =>
  withFile(snapshot.path, async (file) => {
    try {
      const { size } = await file.stat()
      return await use(Object.assign({ size, file }, snapshot))
    } finally {
      await checkUnchanged(snapshot, file)
    }
  })

async function checkUnchanged({ path, transaction, lastPage, main }: Snapshot, file: FileHandle): Promise<void> {
  const now = await readSnapshot(path, file)
  const same = now.lastPage === lastPage && now.main.root === main.root && now.main.entries === main.entries
  if (same && now.transaction === transaction) return
  throw new CascadeError(
    'data',
    `${path}: expected the file as it was opened, of transaction ${transaction}, got transaction ${now.transaction}: ` +
      'a program has changed it; open it again',
  )
}

/**
 * A page, or its first bytes, checked to be of a kind.
 * @param kind one of {@link pageKind}.
 */
export async function readPage(
  pages: Pages,
  number: number,
  kind: 'branch' | 'leaf' | 'overflow',
  length = pages.pageSize,
): Promise<Page> {
  checkPages(pages, number)
  return checkKind(pages, number, kind, await readAt(pages.path, pages.file, number * pages.pageSize, length))
}

/** @throws unless the pages lie within the file. */
export function checkPages(pages: Pages, first: number, count = 1): void {
  const { path, pageSize, lastPage, size } = pages
  const inFile = Math.min(lastPage, Math.floor(size / pageSize) - 1)
  if (first >= 2 && first + count - 1 <= inFile) return
  const which = count === 1 ? `page ${first}` : `pages ${first} to ${first + count - 1}`
  throw damaged(`${path}: ${which}`, `pages from 2 to ${inFile}, the file's last`, `${first + count - 1}`)
}

/** The page of these bytes. @throws unless it is of a kind. */
export function checkKind(
  { path, layout }: Snapshot,
  number: number,
  kind: 'branch' | 'leaf' | 'overflow',
  bytes: Buffer,
): Page {
  const where = `${path}: page ${number}`
  const flags = bytes.readUInt16LE(layout.header - 6) & pageKinds
  const own = readNumber(bytes, 0)
  if (flags !== pageKind[kind]) throw damaged(where, `a ${kind} page`, `one of kind 0x${flags.toString(16)}`)
  if (own !== number) throw damaged(where, 'its own number', `${own}`)
  return { where, layout, bytes }
}
