const bits = 120n
const one = 1n << bits

/**
 * cos x for 2^-60 ≤ x ≤ π/2, correctly rounded: its Taylor series in fixed point. `Math.cos` may be wrong in the last
 * bit, differently in each JavaScript engine. With 4000 steps, 1 - ᾱ_t / ᾱ_{t-1} magnifies such an error to more than
 * 1e-12.
 */
export function exactCos(x: number): number {
  const square = (BigInt(x * 2 ** 120) ** 2n) >> bits
  let sum = 0n
  let term = one
  for (let k = 1n; term !== 0n; k += 2n) {
    sum += term
    term = -((term * square) >> bits) / (k * (k + 1n))
  }
  return Number(sum) * 2 ** -120
}
