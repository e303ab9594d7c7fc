import type { Rng } from '@cascade-diffusion/random'

/** Pairs of rounds. A short side mixes slowly: 12 rounds do not make all orders of six numbers equally likely. */
const pairsOf = (n: number): number => (n < 2 ** 16 ? 12 : 6)

/**
 * The integers 0 to n - 1 in a random order, without memory for them: a function from places to numbers. It is a Feistel network over
 * pairs, alternately modulo each side of the smallest a×b rectangle of about √n (Black & Rogaway, "Ciphers with arbitrary finite
 * domains", CT-RSA 2002). The few pairs beyond n are walked over.
 * @param n from 1 to 2^53 - 1.
 */
export function shuffledOrder(n: number, rng: Rng): (place: number) => number {
  const a = Math.ceil(Math.sqrt(n))
  const b = Math.ceil(n / a)
  const keys = rng.fold('feistel').integers([4 * pairsOf(n)], -(2 ** 31), 2 ** 31).data
  return (place) => {
    let x = place
    do {
      let low = x % a
      let high = (x - low) / a
      for (let k = 0; k < keys.length; k += 4) {
        low = (low + below(a, mixed(mixed(high ^ keys[k]!) ^ keys[k + 1]!))) % a
        high = (high + below(b, mixed(mixed(low ^ keys[k + 2]!) ^ keys[k + 3]!))) % b
      }
      x = high * a + low
    } while (x >= n)
    return x
  }
}

/** The number in [0, m) at the fraction word / 2^32. */
const below = (m: number, word: number): number => Math.floor((word >>> 0) * 2 ** -32 * m)

/** A bijection of 32 bits in which every bit depends on every other: lowbias32 of Wellons' "hash prospector". */
function mixed(x: number): number {
  let y = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  y = Math.imul(y ^ (y >>> 15), 0xd35a2d97)
  return y ^ (y >>> 15)
}
