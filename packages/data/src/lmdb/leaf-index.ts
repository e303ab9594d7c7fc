import { bufferOf } from './layout.ts'
import { entryCount } from './nodes.ts'
import { checkKind, type Pages, readPage } from './pages.ts'
import { branchesOf } from './search.ts'
import { damaged, type Tree } from './tree.ts'

/** The leaves of a tree in the order of their keys: 16 bytes for each. */
export interface LeafIndex {
  /** The numbers of their pages. */
  readonly leaves: Float64Array
  /** The index of the first entry of each, and at the end the number of all entries. */
  readonly starts: Float64Array
}

/**
 * Lists the leaves of a tree. Reads its branch pages, and of each leaf the header alone, in the order of the file.
 * @param where errors call the tree.
 * @throws {CascadeError} of code `data` that names the page if a page is damaged or comes twice, or if the tree has not as many entries
 * as it says.
 */
export async function indexLeaves(where: string, pages: Pages, tree: Tree): Promise<LeafIndex> {
  const leaves = await listLeaves(pages, tree)
  const counts = await countEntries(pages, leaves)
  const starts = new Float64Array(leaves.length + 1)
  for (const [i, count] of counts.entries()) starts[i + 1] = starts[i]! + count
  if (starts[leaves.length] !== tree.entries)
    throw damaged(where, `${tree.entries} entries, as its record says`, `${starts[leaves.length]}`)
  return { leaves, starts }
}

/** Pages that are read at the same time. */
const atOnce = 16

/** Goes down level by level. */
async function listLeaves(pages: Pages, tree: Tree): Promise<Float64Array> {
  const seen = new Set<number>()
  let level = Float64Array.from(tree.depth === 0 ? [] : [tree.root])
  for (let below = tree.depth - 1; below > 0; below--) {
    const next = numberList()
    for (let i = 0; i < level.length; i += atOnce) {
      const numbers = [...level.subarray(i, i + atOnce)]
      for (const number of numbers) {
        if (seen.has(number)) throw visitedTwice(pages, number)
        seen.add(number)
      }
      for (const branch of await Promise.all(numbers.map((number) => readPage(pages, number, 'branch'))))
        for (const { page } of branchesOf(pages, tree, branch)) next.push(page)
      if (next.length() > pages.lastPage)
        throw damaged(pages.path, `at most ${pages.lastPage} pages in a tree`, `${next.length()}`)
    }
    level = next.all()
  }
  return level
}

const visitedTwice = (pages: Pages, number: number) =>
  damaged(`${pages.path}: page ${number}`, 'a page that is once in its tree', 'it twice')

/** The farthest that pages lie apart that are read at once, and the most bytes of one read. */
const nearBytes = 1 << 15
const mostBytes = 1 << 18

/** The number of entries of each leaf. */
async function countEntries(pages: Pages, leaves: Float64Array): Promise<Uint32Array> {
  const counts = new Uint32Array(leaves.length)
  const order = Uint32Array.from(leaves.keys()).sort((a, b) => leaves[a]! - leaves[b]!)
  const { header } = pages.layout
  let at = 0
  /** The next leaves that lie near each other: places in `order`. */
  const take = (): readonly [number, number] => {
    const from = at++
    const first = leaves[order[from]!]!
    for (; at < order.length; at++) {
      const [last, next] = [leaves[order[at - 1]!]!, leaves[order[at]!]!]
      if (next === last) throw visitedTwice(pages, next)
      if ((next - last) * pages.pageSize > nearBytes || (next - first + 1) * pages.pageSize > mostBytes) break
    }
    return [from, at]
  }
  const work = async (): Promise<void> => {
    while (at < order.length) {
      const [from, to] = take()
      const offset = leaves[order[from]!]! * pages.pageSize
      const length = leaves[order[to - 1]!]! * pages.pageSize - offset + header
      const bytes = bufferOf(await pages.read(offset, length))
      for (let i = from; i < to; i++) {
        const leaf = leaves[order[i]!]!
        const begin = leaf * pages.pageSize - offset
        const page = checkKind(pages, leaf, 'leaf', bytes.subarray(begin, begin + header))
        counts[order[i]!] = entryCount(page, pages.pageSize)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return counts
}

/** A list of numbers that grows, 8 bytes for each. */
function numberList() {
  let numbers = new Float64Array(64)
  let length = 0
  return {
    length: () => length,
    push(number: number) {
      if (length === numbers.length) {
        const wider = new Float64Array(2 * length)
        wider.set(numbers)
        numbers = wider
      }
      numbers[length++] = number
    },
    all: () => numbers.slice(0, length),
  }
}

/** The place of an entry: its leaf and the place there. */
export function placeOf({ leaves, starts }: LeafIndex, index: number): readonly [leaf: number, place: number] {
  let [low, high] = [0, leaves.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= index) low = middle
    else high = middle - 1
  }
  return [leaves[low]!, index - starts[low]!]
}
