import { CascadeError } from '@cascade-diffusion/checks'
import { leaves } from './b-tree.ts'
import { type Cursor, textOf } from './cursor.ts'
import type { Hdf5 } from './file.ts'
import type { ObjectHeader } from './object-header.ts'
import { Unsupported } from './unsupported.ts'

/** A name in a group, and its object. */
export interface Member {
  readonly name: string
  readonly address: number
}

/** The longest path of an object, and the most objects. */
export const maxPath = 1000
export const maxObjects = 100_000

/** Whether an object is a group. */
export const isGroup = (header: ObjectHeader): boolean =>
  header.has('symbolTable') || header.has('linkInfo') || header.has('link')

/**
 * The members of a group, old (a symbol table) or new (links in its header). Soft links and external links are ignored.
 * @throws if it is corrupt, or so large that its links are in a fractal heap, which is not supported.
 */
export const membersOf = async (file: Hdf5, header: ObjectHeader): Promise<readonly Member[]> =>
  header.has('symbolTable') ? tableMembers(file, header.one('symbolTable')) : linkMembers(header)

/**
 * Whether the links of a new group, or the attributes of an object, are in a fractal heap. `flags` say which numbers
 * come first.
 */
export function isInHeap(info: Cursor, indexBytes: number): boolean {
  info.skip(1)
  if (info.uint(1) & 1) info.skip(indexBytes)
  return info.address() !== undefined
}

function linkMembers(header: ObjectHeader): readonly Member[] {
  for (const info of header.all('linkInfo'))
    if (isInHeap(info, 8))
      throw new Unsupported(
        "expected at most 8 members of a group of the new kind, got more, in a fractal heap (libver='latest'): not supported, save it with libver='earliest'",
      )
  return header.all('link').flatMap(linkOf)
}

function linkOf(body: Cursor): readonly Member[] {
  body.version('link', 1)
  const flags = body.uint(1)
  const type = flags & 8 ? body.uint(1) : 0
  if (flags & 4) body.skip(8)
  if (flags & 16) body.skip(1)
  const name = textOf(body.bytes(body.uint(1 << (flags & 3))))
  const address = type === 0 ? body.address() : undefined
  return address === undefined ? [] : [{ name, address }]
}

/** The type of a symbol that is a soft link and has no address. */
const softLink = 2

async function tableMembers(file: Hdf5, table: Cursor): Promise<readonly Member[]> {
  const tree = table.address()
  const names = await localHeap(file, table.address())
  const { address: addressBytes, length: lengthBytes } = file.widths
  const entryBytes = 2 * addressBytes + 24
  const members: Member[] = []
  for await (const { child } of leaves(file, tree, 0, lengthBytes)) {
    const prefix = await file.read(child, 8)
    prefix.expect('SNOD')
    prefix.version('symbol table', 1)
    prefix.skip(1)
    const count = prefix.uint(2)
    if (members.length + count > maxObjects)
      throw new CascadeError('checkpoint', `expected at most ${maxObjects} objects, got more`)
    const entries = await file.read(child! + 8, count * entryBytes)
    for (let i = 0; i < count; i++) {
      const entry = entries.sub(entryBytes)
      const start = entry.address() ?? 0
      const address = entry.address()
      const name = textOf(names.subarray(start, start + maxPath + 1))
      if (entry.uint(4) !== softLink && address !== undefined) members.push({ name, address })
    }
  }
  return members
}

async function localHeap(file: Hdf5, address: number | undefined): Promise<Uint8Array> {
  const { address: addressBytes, length: lengthBytes } = file.widths
  const header = await file.read(address, 8 + 2 * lengthBytes + addressBytes)
  header.expect('HEAP')
  header.version('heap of names', 0)
  header.skip(3)
  const bytes = header.length()
  header.skip(lengthBytes)
  const data = await file.read(header.address(), bytes)
  return data.bytes(bytes)
}
