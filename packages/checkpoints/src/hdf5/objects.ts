import type { ByteSource } from '../byte-source.ts'
import { shorten } from '../json.ts'
import { named } from '../tensor-file.ts'
import { type Attributes, attributesOf } from './attributes.ts'
import { type Dataset, isDataset, parseDataset } from './dataset.ts'
import { openHdf5 } from './file.ts'
import { textHeap } from './global-heap.ts'
import { isGroup, type Member, maxObjects, maxPath, membersOf } from './group.ts'
import { readObjectHeader } from './object-header.ts'

/** What is in an HDF5 file, by path: names joined by `/`, the root group's is empty. */
export interface Objects {
  readonly datasets: ReadonlyMap<string, Dataset>
  readonly groups: ReadonlyMap<string, Attributes>
}

/** The most that contiguous datasets may come to, as a multiple of the file's size: several names may be one dataset's. */
const maxSharing = 16

/** The most that packed datasets may come to: so many bytes, or so many times the file's size. */
const maxUnpackedBytes = 1 << 28
const maxUnpacking = 32

/**
 * Reads the structure of an HDF5 file: all groups with their attributes, all datasets of numbers, whose elements stay where they are.
 * @throws if it is corrupt or made to harm (groups in a cycle, data that would be far larger than the file), or has what is not supported.
 */
export async function readObjects(source: ByteSource): Promise<Objects> {
  const { file, root } = await openHdf5(source)
  const heap = textHeap(file)
  const datasets = new Map<string, Dataset>()
  const groups = new Map<string, Attributes>()
  const entered = new Set<number>()
  let count = 0
  /** Notes an object; its members, if it is a group. */
  const enter = async (path: string, address: number | undefined): Promise<readonly Member[]> => {
    if (++count > maxObjects || path.length > maxPath)
      throw new Error(`expected at most ${maxObjects} objects with paths of ${maxPath} characters, got more`)
    const header = await readObjectHeader(file, address)
    if (isDataset(header)) {
      const dataset = await parseDataset(file, header, () => attributesOf(file, heap, header))
      if (dataset) datasets.set(path, dataset)
      return []
    }
    if (!isGroup(header)) return []
    if (entered.has(address!))
      throw new Error('expected a tree of groups, reached a group twice: corrupt, or made to harm')
    entered.add(address!)
    groups.set(path, await attributesOf(file, heap, header))
    return membersOf(file, header)
  }
  const visit = async (path: string, address: number | undefined): Promise<void> => {
    for (const member of await named(path === '' ? 'root' : `'${shorten(path)}'`, () => enter(path, address))) {
      const inner = path === '' ? member.name : `${path}/${member.name}`
      if (member.name === '' || member.name.includes('/') || datasets.has(inner) || groups.has(inner))
        throw new Error(`expected names of members, each once, got '${shorten(inner)}': corrupt`)
      await visit(inner, member.address)
    }
  }
  await visit('', root)
  checkSizes([...datasets.values()], source.size)
  return { datasets, groups }
}

function checkSizes(datasets: readonly Dataset[], fileBytes: number): void {
  const bytesOf = (isPacked: boolean) =>
    datasets.reduce((sum, dataset) => sum + (dataset.isPacked === isPacked ? dataset.bytes : 0), 0)
  if (bytesOf(false) > maxSharing * fileBytes)
    throw new Error(
      `expected arrays of at most ${maxSharing} times the file's ${fileBytes} bytes, got ${bytesOf(false)}`,
    )
  const most = Math.max(maxUnpackedBytes, maxUnpacking * fileBytes)
  if (bytesOf(true) > most)
    throw new Error(`expected ${fileBytes} bytes to inflate to ${most} at most, the file claims ${bytesOf(true)}`)
}
