import { CascadeError } from '@cascade-diffusion/checks'
import type { Cursor } from './cursor.ts'
import type { Hdf5 } from './file.ts'

/** A child of a leaf: its address, and the key in front of it. */
export interface Leaf {
  readonly key: Cursor
  readonly child: number | undefined
}

/**
 * The children of all leaves of a version 1 B-tree (HDF5 file format 3.0, III.A.1), in order. Type 0 has the members of
 * a group, type 1 the chunks of a dataset.
 * @throws if it is corrupt: a node is reached twice, or is not one level below its parent.
 */
export async function* leaves(
  file: Hdf5,
  root: number | undefined,
  type: 0 | 1,
  keyBytes: number,
): AsyncGenerator<Leaf> {
  const addressBytes = file.widths.address
  const seen = new Set<number | undefined>()
  const stack: { address: number | undefined; level?: number }[] = [{ address: root }]
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { address, level: expected } = next
    if (seen.has(address)) throw new CascadeError('checkpoint', 'expected a B-tree, reached a node twice: corrupt')
    seen.add(address)
    const prefixBytes = 8 + 2 * addressBytes
    const prefix = await file.read(address, prefixBytes)
    prefix.expect('TREE')
    const got = prefix.uint(1)
    const level = prefix.uint(1)
    const used = prefix.uint(2)
    if (got !== type || level !== (expected ?? level))
      throw new CascadeError(
        'checkpoint',
        `expected a B-tree's node of type ${type}, level ${expected ?? level}, got ${got}, ${level}: corrupt`,
      )
    const entries = await file.read(address! + prefixBytes, used * (keyBytes + addressBytes))
    const children: { address: number | undefined; level: number }[] = []
    for (let i = 0; i < used; i++) {
      const key = entries.sub(keyBytes)
      const child = entries.address()
      if (level === 0) yield { key, child }
      else children.push({ address: child, level: level - 1 })
    }
    stack.push(...children.reverse())
  }
}
