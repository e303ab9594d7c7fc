/** Precisions below float32, whose values are all float32 values. */
type Narrow =
  | 'float16'
  | 'bfloat16'
  | 'float8-e4m3'
  | 'float8-e5m2'
  | 'float8-e4m3fnuz'
  | 'float8-e5m2fnuz'
  | 'float8-e8m0'

/** Widens little-endian elements exactly; `bytes` starts at a multiple of 2. */
export function widen(type: Narrow, bytes: Uint8Array<ArrayBuffer>, target: Float32Array): void {
  const { buffer, byteOffset, length } = bytes
  if (type === 'bfloat16') {
    // bfloat16 is the upper half of a float32.
    const bits = new Uint32Array(target.buffer, target.byteOffset, target.length)
    const halves = new Uint16Array(buffer, byteOffset, length / 2)
    for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16
    return
  }
  const codes = type === 'float16' ? new Uint16Array(buffer, byteOffset, length / 2) : bytes
  const values = valuesOf(type)
  for (let i = 0; i < codes.length; i++) target[i] = values[codes[i]!]!
}

const tables = new Map<Narrow, Float32Array>()

/** The value of every code of a type. */
function valuesOf(type: Exclude<Narrow, 'bfloat16'>): Float32Array {
  const values = tables.get(type) ?? Float32Array.from({ length: type === 'float16' ? 65536 : 256 }, decoders[type])
  tables.set(type, values)
  return values
}

const decoders: Record<Exclude<Narrow, 'bfloat16'>, (_: unknown, code: number) => number> = {
  /** IEEE 754 binary16: a sign, 5 bits of exponent with bias 15, 10 bits of fraction. */
  float16: (_, code) => fromBits(code, 5, 10),
  /** binary16 without the lower 8 bits of its fraction. */
  'float8-e5m2': (_, code) => fromBits(code, 5, 2),
  /** 4 bits of exponent with bias 7; the highest code is NaN, and there are no infinities. */
  'float8-e4m3': (_, code) =>
    (code & 127) === 127 ? Number.NaN : (code & 0x78) === 0x78 ? finite(code, 4, 3) : fromBits(code, 4, 3),
  /** The bias is one more than IEEE's. There are no infinities and no -0; its code is the only NaN. */
  'float8-e4m3fnuz': (_, code) => (code === 128 ? Number.NaN : finite(code, 4, 3) / 2),
  'float8-e5m2fnuz': (_, code) => (code === 128 ? Number.NaN : finite(code, 5, 2) / 2),
  /** A power of 2 without sign (OCP Microscaling Formats 1.0, 5.4.1); the highest code is NaN. */
  'float8-e8m0': (_, code) => (code === 255 ? Number.NaN : 2 ** (code - 127)),
}

function fromBits(code: number, exponentBits: number, fractionBits: number): number {
  const top = 2 ** exponentBits - 1
  if (((code >> fractionBits) & top) !== top) return finite(code, exponentBits, fractionBits)
  if (code & (2 ** fractionBits - 1)) return Number.NaN
  return code >> (exponentBits + fractionBits) ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

function finite(code: number, exponentBits: number, fractionBits: number): number {
  const sign = code >> (exponentBits + fractionBits) ? -1 : 1
  const exponent = (code >> fractionBits) & (2 ** exponentBits - 1)
  const fraction = code & (2 ** fractionBits - 1)
  const scale = 2 ** (Math.max(exponent, 1) - (2 ** (exponentBits - 1) - 1) - fractionBits)
  return sign * (exponent === 0 ? fraction : 2 ** fractionBits + fraction) * scale
}
