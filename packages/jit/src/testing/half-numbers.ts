import type { HalfPrecision } from '../onnx/model.ts'

/** The numbers that bits of a type stand for, by the definition of the type. */
export function numbersOf(bits: Uint16Array, type: HalfPrecision): Float32Array {
  const [exponentBits, fractionBits] = type === 'float16' ? [5, 10] : [8, 7]
  const bias = 2 ** (exponentBits - 1) - 1
  return Float32Array.from(bits, (word) => {
    const sign = word & 0x8000 ? -1 : 1
    const exponent = (word & 0x7fff) >> fractionBits
    const fraction = (word & (2 ** fractionBits - 1)) / 2 ** fractionBits
    if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
    return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias))
  })
}
