/** A word of memory shared by two threads, which says whether a thread may be ended. */
export type Gate = Int32Array<SharedArrayBuffer>

const [OPEN, BUSY, SHUT] = [0, 1, 2]

/** Makes an open gate. */
export const openGate = (): Gate => new Int32Array(new SharedArrayBuffer(4))

/**
 * Runs work during which the thread must not be ended: a thread that ends during a run of ONNX Runtime crashes the
 * process. Once the gate is shut, the process is ending, and nothing runs any more.
 */
export async function within<T>(gate: Gate, work: () => Promise<T>): Promise<T> {
  if (Atomics.compareExchange(gate, 0, OPEN, BUSY) !== OPEN) return new Promise(() => {})
  try {
    return await work()
  } finally {
    Atomics.store(gate, 0, OPEN)
    Atomics.notify(gate, 0)
  }
}

/** Shuts the gate from another thread: waits for what is running, and lets nothing else start. */
export function shut(gate: Gate): void {
  while (Atomics.compareExchange(gate, 0, OPEN, SHUT) === BUSY) Atomics.wait(gate, 0, BUSY)
}
