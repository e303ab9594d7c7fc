import { entryFlag, readNumber } from './layout.ts'
import type { Page } from './pages.ts'
import { damaged } from './tree.ts'

/** An entry of a leaf. */
export interface LeafEntry {
  readonly key: Buffer
  /** Of {@link entryFlag}. */
  readonly flags: number
  /** Bytes of the value. */
  readonly length: number
  /** The value, or the pointer to its overflow pages. */
  readonly data: Buffer
}

/** An entry of a branch: a page, and a key that is not above those of the page. The first key of a branch counts as below all. */
export interface BranchEntry {
  readonly key: Buffer
  readonly page: number
}

/** The number of entries of a page, by its header. */
export function entryCount({ where, layout, bytes }: Page, pageSize: number): number {
  const { header, base } = layout
  const [lower, upper] = [base + bytes.readUInt16LE(header - 4), base + bytes.readUInt16LE(header - 2)]
  if (lower <= header || lower % 2 === 1 || lower > upper || upper > pageSize)
    throw damaged(where, `free space within ${header} to ${pageSize}`, `${lower} to ${upper}`)
  return (lower - header) / 2
}

/** The entries of a leaf. */
export const leafEntries = (page: Page): LeafEntry[] =>
  nodes(page, (bytes, at) => {
    const flags = bytes.readUInt16LE(at + 4)
    const length = bytes.readUInt32LE(at)
    const keyLength = bytes.readUInt16LE(at + 6)
    const start = at + nodeHeader + keyLength + (keyLength % page.layout.step)
    const end = start + ((flags & entryFlag.overflow) !== 0 ? page.layout.pointer : length)
    const key = bytes.subarray(at + nodeHeader, at + nodeHeader + keyLength)
    return { key, flags, length, data: bytes.subarray(start, end), end }
  })

/** The entries of a branch. */
export const branchEntries = (page: Page): BranchEntry[] =>
  nodes(page, (bytes, at) => {
    const end = at + nodeHeader + bytes.readUInt16LE(at + 6)
    return { key: bytes.subarray(at + nodeHeader, end), page: bytes.readUIntLE(at, 6), end }
  })

/** Bytes before the key of an entry. */
const nodeHeader = 8

/**
 * The entries of a page. LMDB keeps them without gaps, each at an even place, so their lengths add up: a damaged length or place does
 * not go unseen.
 */
function nodes<T extends { readonly end: number }>(page: Page, read: (bytes: Buffer, at: number) => T): T[] {
  const { where, layout, bytes } = page
  const count = entryCount(page, bytes.length)
  const upper = layout.base + bytes.readUInt16LE(layout.header - 2)
  let total = 0
  const entries = Array.from({ length: count }, (_, i) => {
    const at = layout.base + bytes.readUInt16LE(layout.header + 2 * i)
    if (at < upper || at % 2 === 1 || at + nodeHeader > bytes.length)
      throw damaged(where, `entry ${i} within ${upper} to ${bytes.length}`, `${at}`)
    const entry = read(bytes, at)
    if (entry.end > bytes.length) throw damaged(where, `the end of entry ${i} up to ${bytes.length}`, `${entry.end}`)
    total += entry.end - at + ((entry.end - at) % 2)
    return entry
  })
  if (total !== bytes.length - upper) throw damaged(where, `${bytes.length - upper} bytes of entries`, `${total}`)
  return entries
}

/** The overflow pages of an entry's value: the number of the first. */
export const overflowPage = ({ data }: LeafEntry): number => readNumber(data, 0)
