import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

/** Above this many nanoseconds two cores share no cache: within one it takes 20 to 70, across two 100 to 300. */
const APART = 90

/**
 * Exchanges of a measurement, and measurements, of which the fastest counts: both threads may be on one core at first.
 */
const [exchanges, tries] = [1000, 5]

/** The distance of the cores that two threads run on. */
export interface CoreDistance {
  /** Nanoseconds for a word to go from one thread to the other; 0 if there is only one core. */
  measure(): number
  dispose(): Promise<unknown>
}

/**
 * Answers every odd number in `word[0]` with the next even one, and sleeps between measurements. The program of a
 * thread.
 */
function answer({ word, exchanges }: { word: Int32Array; exchanges: number }): void {
  for (;;) {
    Atomics.store(word, 1, 1)
    Atomics.notify(word, 1)
    Atomics.wait(word, 0, 0)
    for (let i = 0; i < exchanges; i++) {
      while (Atomics.load(word, 0) !== 2 * i + 1);
      Atomics.store(word, 0, 2 * i + 2)
    }
    while (Atomics.load(word, 0) !== 0);
  }
}

/**
 * A thread that exchanges words with this one. The host moves virtual CPUs between cores that share a cache and cores
 * that do not. Programs whose threads exchange much data then take up to half as long again.
 */
export function coreDistance(): CoreDistance {
  if (availableParallelism() < 2) return { measure: () => 0, dispose: async () => {} }
  const word = new Int32Array(new SharedArrayBuffer(8))
  const program = `(${answer})(require('node:worker_threads').workerData)`
  const worker = new Worker(program, { eval: true, workerData: { word, exchanges }, execArgv: [] })
  worker.unref()
  const once = () => {
    Atomics.wait(word, 1, 0)
    Atomics.store(word, 1, 0)
    Atomics.store(word, 0, 1)
    Atomics.notify(word, 0)
    while (Atomics.load(word, 0) !== 2);
    const start = performance.now()
    for (let i = 1; i < exchanges; i++) {
      Atomics.store(word, 0, 2 * i + 1)
      while (Atomics.load(word, 0) !== 2 * i + 2);
    }
    const ms = performance.now() - start
    Atomics.store(word, 0, 0)
    return (ms * 1e6) / (2 * (exchanges - 1))
  }
  return {
    measure: () => Math.min(...Array.from({ length: tries }, once)),
    dispose: () => worker.terminate(),
  }
}

/** Whether cores at this distance, in nanoseconds, share no cache. */
export const apart = (distance: number): boolean => distance > APART
