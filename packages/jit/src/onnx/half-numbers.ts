import type { HalfPrecision } from './model.ts'

const bits = new Float32Array(1)
const view = new Uint32Array(bits.buffer)

/**
 * The bits of a number as a float16: rounded to nearest, ties to even; a number that is too large becomes the largest.
 */
function float16(x: number): number {
  bits[0] = x
  const word = view[0] as number
  const sign = (word >>> 16) & 0x8000
  const size = Math.abs(bits[0] as number)
  if (Number.isNaN(x)) return 0x7e00
  if (!Number.isFinite(x)) return sign | 0x7c00
  if (size >= 65504) return sign | 0x7bff
  // The spacing of denormal numbers is 2⁻²⁴, and so is that of normal numbers below 2⁻¹³.
  if (size < 2 ** -14) return sign | toEven(size * 2 ** 24)
  const rounded = (word & 0x7fffffff) + 0xfff + ((word >>> 13) & 1)
  return sign | ((rounded - (112 << 23)) >>> 13)
}

const toEven = (x: number): number => {
  const below = Math.floor(x)
  const rest = x - below
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
}

/** The bits of a number as a bfloat16, rounded in the same way. */
function bfloat16(x: number): number {
  bits[0] = x
  const word = view[0] as number
  if (Number.isNaN(x)) return 0x7fc0
  if (!Number.isFinite(x)) return word >>> 16
  const rounded = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16
  return (rounded & 0x7f80) === 0x7f80 ? rounded - 1 : rounded
}

/** Numbers as 16 bits each. Finite numbers stay finite: those beyond the largest become the largest. */
export function halfNumbers(values: ArrayLike<number>, type: HalfPrecision): Uint16Array {
  const convert = type === 'float16' ? float16 : bfloat16
  return Uint16Array.from(values, convert)
}
