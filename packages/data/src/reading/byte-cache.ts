/** Values that cost memory, of which those used last are kept. */
export interface ByteCache<T> {
  /** The value of a key: a kept one, or a new one. Callers that ask for it at the same time share it. */
  get(key: string, make: () => Promise<{ readonly value: T; readonly bytes: number }>): Promise<T>
}

/** A cache of at most that many bytes. The value that was made last is kept even if it alone is larger. */
export function byteCache<T>(maxBytes: number): ByteCache<T> {
  // A Map keeps its keys in the order in which they were set.
  const kept = new Map<string, { readonly value: T; readonly bytes: number }>()
  const making = new Map<string, Promise<T>>()
  let total = 0
  const keep = (key: string, entry: { readonly value: T; readonly bytes: number }): T => {
    kept.set(key, entry)
    total += entry.bytes
    for (const [oldest, { bytes }] of kept) {
      if (total <= maxBytes || oldest === key) break
      kept.delete(oldest)
      total -= bytes
    }
    return entry.value
  }
  return {
    async get(key, make) {
      const found = kept.get(key)
      if (found) {
        kept.delete(key)
        kept.set(key, found)
        return found.value
      }
      const begun = making.get(key)
      if (begun) return begun
      const made = make().then((entry) => keep(key, entry))
      making.set(key, made)
      try {
        return await made
      } finally {
        making.delete(key)
      }
    },
  }
}
