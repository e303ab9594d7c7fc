import { hashBytes } from '../selection/hash-cache.ts'

/** Images of the same content. */
export interface DuplicateGroup {
  /** Places in the list of hashes, in ascending order. */
  readonly places: readonly number[]
}

/**
 * The groups of equal hashes, in the order of their first places.
 * @param hashes of `count` images, `hashBytes` each.
 */
export function duplicateGroups(hashes: Uint8Array, count: number): DuplicateGroup[] {
  const words = new Uint32Array(hashes.buffer, hashes.byteOffset, (count * hashBytes) / 4)
  const compare = (a: number, b: number): number => {
    for (let k = 0; k < hashBytes / 4; k++) {
      const difference = words[(a * hashBytes) / 4 + k]! - words[(b * hashBytes) / 4 + k]!
      if (difference !== 0) return difference
    }
    return 0
  }
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => compare(a, b) || a - b)
  const groups: DuplicateGroup[] = []
  for (let first = 0; first < count; ) {
    let next = first + 1
    while (next < count && compare(order[first]!, order[next]!) === 0) next++
    if (next - first > 1) groups.push({ places: [...order.subarray(first, next)] })
    first = next
  }
  return groups.sort((a, b) => a.places[0]! - b.places[0]!)
}
