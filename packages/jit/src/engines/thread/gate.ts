/** A word that two threads share: whether a thread may be ended. */
export type Gate = Int32Array<SharedArrayBuffer>

const [OPEN, BUSY, SHUT] = [0, 1, 2]

/** A gate that is open. */
export const openGate = (): Gate => new Int32Array(new SharedArrayBuffer(4))

/**
 * Runs what the thread must not be ended in: a thread that ends amid a run of ONNX Runtime takes the whole process along.
 * Once the gate is shut the process is ending, and nothing is run any more.
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

/** From another thread: waits for what is running, and lets nothing else begin. */
export function shut(gate: Gate): void {
  while (Atomics.compareExchange(gate, 0, OPEN, SHUT) === BUSY) Atomics.wait(gate, 0, BUSY)
}
