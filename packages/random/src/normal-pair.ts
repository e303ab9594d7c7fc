// 2^-e for e = -1 … 32, at index e + 1
const powers = Float64Array.from({ length: 34 }, (_, i) => 2 ** (1 - i))
// The least word above √2 · 2^e for e = -1 … 31, at index e + 1
const aboveRoots = powers.slice(0, 33).map((power) => Math.ceil(Math.SQRT2 / power - 0.5))

/** ln((word + ½) / 2^32) for a 32-bit word: negative, to about 1e-12. */
export function logOfWord(word: number): number {
  // A number rather than a branch, which a processor could not foresee: the mantissa is in (√½, √2].
  const floor = 31 - Math.clz32(word)
  const e = floor + Number(word >= aboveRoots[floor + 1]!)
  const m = (word + 0.5) * powers[e + 1]!
  // ln m = 2 artanh s, its series in z = s²; |s| ≤ 0.172
  const s = (m - 1) / (m + 1)
  const z = s * s
  const series = 1 + z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * (1 / 13))))))
  return (e - 32) * Math.LN2 + 2 * s * series
}

/** The cosine and the sine of an angle, and both half a turn on. A table for the same reason: no branch. */
const turns = new Float64Array(4)

/**
 * Box-Muller: writes two independent standard normal numbers from two 32-bit words to `out[i]` and `out[i + 1]`. The
 * index -1 and indices past the end are skipped. Uses only additions, products, quotients and square roots of float64,
 * which IEEE 754 defines to the last bit. `Math.log` and `Math.cos` differ between JavaScript engines.
 */
export function normalPair(word0: number, word1: number, out: Float32Array, i: number): void {
  const radius = Math.sqrt(-2 * logOfWord(word0))
  // The angle is 2π word1 / 2^32 - π/4: quarter turns in the top two bits, and the rest within ±π/4.
  const quarter = word1 >>> 30
  const a = ((word1 & 0x3fffffff) - 0x20000000) * (Math.PI / 2 ** 31)
  const z = a * a
  const sin = a * (1 - (z / 6) * (1 - (z / 20) * (1 - (z / 42) * (1 - (z / 72) * (1 - z / 110)))))
  const cos = 1 - (z / 2) * (1 - (z / 12) * (1 - (z / 30) * (1 - (z / 56) * (1 - (z / 90) * (1 - z / 132)))))
  turns[0] = cos
  turns[1] = sin
  turns[2] = -cos
  turns[3] = -sin
  if (i >= 0) out[i] = radius * turns[-quarter & 3]!
  if (i + 1 < out.length) out[i + 1] = radius * turns[(1 - quarter) & 3]!
}
