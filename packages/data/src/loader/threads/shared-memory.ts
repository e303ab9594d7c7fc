/** Memory that threads share, used again and again. */
export interface SharedMemory {
  /** A block of at least that number of bytes. */
  take(bytes: number): SharedArrayBuffer
  /** Gives a block back. */
  give(block: SharedArrayBuffer): void
}

export function sharedMemory(): SharedMemory {
  const free: SharedArrayBuffer[] = []
  return {
    take(bytes) {
      const fitting = free.findIndex(({ byteLength }) => byteLength >= bytes)
      return fitting < 0 ? new SharedArrayBuffer(bytes) : free.splice(fitting, 1)[0]!
    },
    give(block) {
      free.push(block)
    },
  }
}
