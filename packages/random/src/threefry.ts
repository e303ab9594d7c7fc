/** A key of the generator: two 32-bit words. */
export type Key = readonly [number, number]

/**
 * Fills `out` with the blocks of Threefry-2x32-20 at consecutive counters (c0, c1), (c0 + 1, c1), …, two words each,
 * where c0 is the low and c1 the high word of one 64-bit counter.
 * Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); the rotations and the parity
 * constant are those of the Random123 library.
 */
export function threefry([k0, k1]: Key, c0: number, c1: number, out: Uint32Array): void {
  const k2 = 0x1bd11bda ^ k0 ^ k1
  // Two blocks at a time, x y and u v: a step waits for the one before it, and a processor does both meanwhile.
  for (let i = 0; i + 1 < out.length; i += 4) {
    let x = (c0 + k0) | 0
    let y = (c1 + k1) | 0
    c0 = (c0 + 1) | 0
    if (c0 === 0) c1 = (c1 + 1) | 0
    let u = (c0 + k0) | 0
    let v = (c1 + k1) | 0
    c0 = (c0 + 1) | 0
    if (c0 === 0) c1 = (c1 + 1) | 0
    let a = k1 | 0
    let b = k2
    let c = k0 | 0
    for (let n = 1; ; n += 2) {
      // Four rounds and the n-th key injection; twice, with other rotations. The keys rotate with a period of three
      // injections.
      x = (x + y) | 0
      u = (u + v) | 0
      y = ((y << 13) | (y >>> 19)) ^ x
      v = ((v << 13) | (v >>> 19)) ^ u
      x = (x + y) | 0
      u = (u + v) | 0
      y = ((y << 15) | (y >>> 17)) ^ x
      v = ((v << 15) | (v >>> 17)) ^ u
      x = (x + y) | 0
      u = (u + v) | 0
      y = ((y << 26) | (y >>> 6)) ^ x
      v = ((v << 26) | (v >>> 6)) ^ u
      x = (x + y) | 0
      u = (u + v) | 0
      y = ((y << 6) | (y >>> 26)) ^ x
      v = ((v << 6) | (v >>> 26)) ^ u
      x = (x + a) | 0
      u = (u + a) | 0
      y = (y + b + n) | 0
      v = (v + b + n) | 0
      if (n === 5) break
      x = (x + y) | 0
      u = (u + v) | 0
      y = ((y << 17) | (y >>> 15)) ^ x
      v = ((v << 17) | (v >>> 15)) ^ u
      x = (x + y) | 0
      u = (u + v) | 0
      y = ((y << 29) | (y >>> 3)) ^ x
      v = ((v << 29) | (v >>> 3)) ^ u
      x = (x + y) | 0
      u = (u + v) | 0
      y = ((y << 16) | (y >>> 16)) ^ x
      v = ((v << 16) | (v >>> 16)) ^ u
      x = (x + y) | 0
      u = (u + v) | 0
      y = ((y << 24) | (y >>> 8)) ^ x
      v = ((v << 24) | (v >>> 8)) ^ u
      x = (x + b) | 0
      u = (u + b) | 0
      y = (y + c + n + 1) | 0
      v = (v + c + n + 1) | 0
      const first = a
      a = c
      c = b
      b = first
    }
    out[i] = x
    out[i + 1] = y
    if (i + 3 < out.length) {
      out[i + 2] = u
      out[i + 3] = v
    }
  }
}
