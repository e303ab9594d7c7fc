import { CascadeError } from '@cascade-diffusion/checks'
import { type ReadBytes, withFile } from '../reading/file-bytes.ts'
import { bufferOf, type Layout, pageKind, pageKinds, readNumber } from './layout.ts'
import { readSnapshot, type Snapshot } from './snapshot.ts'
import { damaged } from './tree.ts'

/** The pages of a file, while it is open. */
export interface Pages extends Snapshot {
  /** What errors call the file. */
  readonly path: string
  /** Bytes of the file. */
  readonly size: number
  readonly read: ReadBytes
}

/** A page, or its beginning. */
export interface Page {
  /** What errors call it. */
  readonly where: string
  readonly layout: Layout
  readonly bytes: Buffer
}

/**
 * Opens the file of a snapshot while `use` runs. A writer may reuse the pages of a snapshot only after another transaction, so what was
 * read is of the snapshot if that is still the newest one afterwards.
 * @throws {CascadeError} of code `data` if it is not, whatever `use` did.
 */
export const withPages = <T>(snapshot: Snapshot, use: (pages: Pages) => Promise<T>): Promise<T> =>
  withFile(snapshot.path, async (read, size) => {
    try {
      return await use(Object.assign({ size, read }, snapshot))
    } finally {
      checkSame(snapshot, await readSnapshot(snapshot.path, read, size))
    }
  })

function checkSame({ path, transaction, lastPage, main }: Snapshot, now: Snapshot): void {
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
  return checkKind(pages, number, kind, bufferOf(await pages.read(number * pages.pageSize, length)))
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
  if (flags !== pageKind[kind])
    throw damaged(where, `${kind === 'overflow' ? 'an' : 'a'} ${kind} page`, `one of kind 0x${flags.toString(16)}`)
  if (own !== number) throw damaged(where, 'its own number', `${own}`)
  return { where, layout, bytes }
}
