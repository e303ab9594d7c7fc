import { CascadeError } from '@cascade-diffusion/checks'
import { entryFlag } from './layout.ts'
import { type LeafEntry, overflowPage } from './nodes.ts'
import { checkPages, type Pages, readPage } from './pages.ts'
import { shownKey } from './shown-key.ts'
import { damaged } from './tree.ts'

/** Where a value is: in its leaf, or in the file at `offset`. */
export type LmdbValue = { readonly bytes: Uint8Array } | { readonly offset: number; readonly length: number }

/**
 * Where the value of an entry is. A value of overflow pages lies in one piece behind the header of the first.
 * @throws {CascadeError} of code `data` that names the key and the page if it is no overflow page, or there are too few for the value.
 */
export async function locateValue(pages: Pages, entry: LeafEntry): Promise<LmdbValue> {
  const { path, layout, pageSize } = pages
  if (entry.flags === entryFlag.database)
    throw new CascadeError('data', `${path}: expected a value of key ${shownKey(entry.key)}, got a database`)
  if (entry.flags !== entryFlag.overflow) return { bytes: Uint8Array.from(entry.data) }
  const first = overflowPage(entry)
  const named = { ...pages, path: `${path}: key ${shownKey(entry.key)}` }
  const { where, bytes } = await readPage(named, first, 'overflow', layout.header)
  const count = bytes.readUInt32LE(layout.header - 4)
  const needed = Math.ceil((layout.header + entry.length) / pageSize)
  if (count < needed) throw damaged(where, `${needed} pages for ${entry.length} bytes`, `${count}`)
  checkPages(named, first, needed)
  return { offset: first * pageSize + layout.header, length: entry.length }
}

/** The bytes of a value. */
export const readValue = async (pages: Pages, value: LmdbValue): Promise<Uint8Array> =>
  'bytes' in value ? value.bytes : pages.read(value.offset, value.length)
