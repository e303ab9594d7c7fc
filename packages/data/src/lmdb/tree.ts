import { CascadeError } from '@cascade-diffusion/checks'
import { maxDepth, readNumber } from './layout.ts'

/** A tree of pages: a database. */
export interface Tree {
  readonly flags: number
  /** The levels of pages: 1 if the root is a leaf, 0 if the tree is empty. */
  readonly depth: number
  readonly entries: number
  /** The number of the root's page. */
  readonly root: number
}

/** Bytes of the record of a tree. */
export const treeBytes = 48

/**
 * Reads the record of a tree.
 * @param where errors call it.
 * @param lastPage the number of the file's last page.
 */
export function readTree(where: string, bytes: Buffer, lastPage: number): Tree {
  const flags = bytes.readUInt16LE(4)
  const depth = bytes.readUInt16LE(6)
  const entries = readNumber(bytes, 32)
  const root = readNumber(bytes, 40)
  const none = bytes.readBigUInt64LE(40) === 0xffff_ffff_ffff_ffffn
  if (none !== (depth === 0) || none !== (entries === 0) || depth > maxDepth)
    throw damaged(where, `a tree of at most ${maxDepth} levels`, `${entries} entries in ${depth} levels`)
  if (!none && (root < 2 || root > lastPage))
    throw damaged(where, `the page of its root from 2 to ${lastPage}`, `page ${root}`)
  return { flags, depth, entries, root }
}

/** The error of a damaged file. */
export const damaged = (where: string, expected: string, got: string): CascadeError =>
  new CascadeError('data', `${where}: expected ${expected}, got ${got}: the file is damaged`)
