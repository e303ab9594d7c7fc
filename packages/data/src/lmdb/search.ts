import { databaseFlag, entryFlag } from './layout.ts'
import { type BranchEntry, branchEntries, type LeafEntry, leafEntries } from './nodes.ts'
import { checkPages, type Page, type Pages, readPage } from './pages.ts'
import { damaged, type Tree } from './tree.ts'

/** The order of two keys in a tree: by bytes, or by bytes from the last one, which is that of little-endian integers too. */
function compareKeys({ flags }: Tree, a: Uint8Array, b: Uint8Array): number {
  if ((flags & (databaseFlag.reverseKey | databaseFlag.integerKey)) === 0) return Buffer.compare(a, b)
  return Buffer.compare(Uint8Array.from(a).reverse(), Uint8Array.from(b).reverse())
}

/** @throws unless each key is above the one before it. */
function checkOrder(where: string, tree: Tree, entries: readonly { readonly key: Buffer }[], from: number): void {
  for (let i = from + 1; i < entries.length; i++)
    if (compareKeys(tree, entries[i - 1]!.key, entries[i]!.key) >= 0)
      throw damaged(where, 'keys in their order', `entry ${i} not above the one before it`)
}

/** The entries of a leaf of a tree. */
export async function readLeaf(pages: Pages, tree: Tree, number: number): Promise<LeafEntry[]> {
  const page = await readPage(pages, number, 'leaf')
  const entries = leafEntries(page)
  checkOrder(page.where, tree, entries, 0)
  const odd = entries.findIndex(
    ({ flags }) => flags !== 0 && flags !== entryFlag.overflow && flags !== entryFlag.database,
  )
  if (odd >= 0) throw damaged(page.where, 'entries of one value', `flags ${entries[odd]!.flags} of entry ${odd}`)
  return entries
}

/** The entries of a branch of a tree, by its page. */
export function branchesOf(pages: Pages, tree: Tree, page: Page): BranchEntry[] {
  const entries = branchEntries(page)
  for (const { page: number } of entries) checkPages(pages, number)
  checkOrder(page.where, tree, entries, 1) // the first key may be empty or old
  return entries
}

/** Branch pages that were read: the newest ones, up to a number of bytes. */
export class BranchCache {
  private readonly kept = new Map<number, Page>()

  constructor(private readonly bytes: number) {}

  async read(pages: Pages, number: number): Promise<Page> {
    const page = this.kept.get(number) ?? (await readPage(pages, number, 'branch'))
    this.kept.delete(number)
    this.kept.set(number, page)
    if (this.kept.size * pages.pageSize > this.bytes) this.kept.delete(this.kept.keys().next().value!)
    return page
  }
}

/**
 * The entry of a key, if there is one.
 * @throws {CascadeError} of code `data` if the keys of the leaf are not those that the branches above it promise.
 */
export async function findEntry(
  pages: Pages,
  tree: Tree,
  key: Uint8Array,
  cache: BranchCache,
): Promise<LeafEntry | undefined> {
  if (tree.depth === 0) return undefined
  let number = tree.root
  let least: Buffer | undefined
  let above: Buffer | undefined
  for (let below = tree.depth - 1; below > 0; below--) {
    const entries = branchesOf(pages, tree, await cache.read(pages, number))
    const next = entries.findIndex((entry, i) => i > 0 && compareKeys(tree, entry.key, key) > 0)
    const place = (next < 0 ? entries.length : next) - 1
    number = entries[place]!.page
    if (place > 0) least = entries[place]!.key
    if (next >= 0) above = entries[next]!.key
  }
  const entries = await readLeaf(pages, tree, number)
  const [first, last] = [entries[0]!.key, entries.at(-1)!.key]
  if ((least && compareKeys(tree, first, least) < 0) || (above && compareKeys(tree, last, above) >= 0))
    throw damaged(`${pages.path}: page ${number}`, 'keys within those of the pages above it', 'others')
  return entries.find((entry) => Buffer.compare(entry.key, key) === 0)
}

/** The entries of the first leaf. */
export async function firstEntries(pages: Pages, tree: Tree): Promise<readonly LeafEntry[]> {
  if (tree.depth === 0) return []
  let number = tree.root
  for (let below = tree.depth - 1; below > 0; below--)
    number = branchesOf(pages, tree, await readPage(pages, number, 'branch'))[0]!.page
  return readLeaf(pages, tree, number)
}
