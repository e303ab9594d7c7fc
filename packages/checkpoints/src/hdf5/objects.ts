import { CascadeError } from '@cascade-diffusion/checks'
import { shorten } from '../json/json.ts'
import type { ByteSource } from '../sources/byte-source.ts'
import { named } from '../tensor-file.ts'
import { type Dataset, isDataset, parseDataset } from './data/dataset.ts'
import { type Attributes, attributesOf } from './structures/attributes.ts'
import { openHdf5 } from './structures/file.ts'
import { textHeap } from './structures/global-heap.ts'
import { isGroup, type Member, maxObjects, maxPath, membersOf } from './structures/group.ts'
import { readObjectHeader } from './structures/object-header.ts'
import { Unsupported } from './structures/unsupported.ts'

/** The objects of an HDF5 file by path: names joined by `/`; the path of the root group is empty. */
export interface Objects {
  readonly datasets: ReadonlyMap<string, Dataset>
  /** The reasons why datasets and the members of groups cannot be read. */
  readonly unreadable: ReadonlyMap<string, string>
  readonly groups: ReadonlyMap<string, Attributes>
}

/** The most bytes of contiguous datasets, as a multiple of the size of the file: a dataset may have several names. */
const maxSharing = 16

/** The most bytes of compressed datasets: this many, or this many times the size of the file. */
const maxUnpackedBytes = 1 << 28
const maxUnpacking = 32

/**
 * Reads the structure of an HDF5 file: all groups with their attributes, and all datasets of numbers, whose elements
 * are not read.
 * @throws if it is corrupt or malicious (groups in a cycle), or its root group is not supported.
 */
export async function readObjects(source: ByteSource): Promise<Objects> {
  const { file, root } = await openHdf5(source)
  const heap = textHeap(file)
  const datasets = new Map<string, Dataset>()
  const unreadable = new Map<string, string>()
  const groups = new Map<string, Attributes>()
  const entered = new Set<number>()
  let count = 0
  /** Notes an object, and its members if it is a group. */
  const enter = async (path: string, address: number | undefined): Promise<readonly Member[]> => {
    if (++count > maxObjects || path.length > maxPath)
      throw new CascadeError(
        'checkpoint',
        `expected at most ${maxObjects} objects with paths of ${maxPath} characters, got more`,
      )
    const header = await readObjectHeader(file, address)
    if (isDataset(header)) {
      try {
        const dataset = await parseDataset(file, header, () => attributesOf(file, heap, header))
        if (dataset) datasets.set(path, dataset)
      } catch (error) {
        unreadable.set(path, (error as Error).message)
      }
      return []
    }
    if (!isGroup(header)) return []
    if (entered.has(address!))
      throw new CascadeError('checkpoint', 'expected a tree of groups, reached a group twice: corrupt or malicious')
    entered.add(address!)
    groups.set(path, await attributesOf(file, heap, header))
    return membersOf(file, header).catch((error: unknown) => {
      if (!(error instanceof Unsupported) || path === '') throw error
      unreadable.set(path, error.message)
      return []
    })
  }
  const visit = async (path: string, address: number | undefined): Promise<void> => {
    for (const member of await named(path === '' ? 'root' : `'${shorten(path)}'`, () => enter(path, address))) {
      const inner = path === '' ? member.name : `${path}/${member.name}`
      if (
        member.name === '' ||
        member.name.includes('/') ||
        datasets.has(inner) ||
        groups.has(inner) ||
        unreadable.has(inner)
      )
        throw new CascadeError('checkpoint', `expected names of members, each once, got '${shorten(inner)}': corrupt`)
      await visit(inner, member.address)
    }
  }
  await visit('', root)
  for (const [path, reason] of beyondLimits(datasets, source.size)) {
    datasets.delete(path)
    unreadable.set(path, reason)
  }
  return { datasets, unreadable, groups }
}

/** The datasets that exceed the limits of all datasets together. */
function beyondLimits(datasets: ReadonlyMap<string, Dataset>, fileBytes: number): ReadonlyMap<string, string> {
  const beyond = new Map<string, string>()
  const inflated = Math.max(maxUnpackedBytes, maxUnpacking * fileBytes)
  const sums = { packed: 0, plain: 0 }
  for (const [path, { bytes, isPacked }] of datasets) {
    const kind = isPacked ? 'packed' : 'plain'
    const most = isPacked ? inflated : maxSharing * fileBytes
    if (sums[kind] + bytes <= most) sums[kind] += bytes
    else beyond.set(path, `expected arrays of at most ${most} bytes in a file of ${fileBytes}, got more`)
  }
  return beyond
}
