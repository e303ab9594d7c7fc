import { type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'

/** Element types that the files may hold. */
export type StoredType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'bool'

/** The typed array that holds each element type once read; half precisions are widened exactly. */
export interface RawData {
  float64: Float64Array
  float32: Float32Array
  int64: BigInt64Array
  int32: Int32Array
  int16: Int16Array
  int8: Int8Array
  uint8: Uint8Array
  bool: Uint8Array
}

/** An array as its file holds it, in the file's own precision: row-major values with a shape. */
export type RawArray = {
  [T in keyof RawData]: { readonly dtype: T; readonly shape: readonly number[]; readonly data: RawData[T] }
}[keyof RawData]

/** Bytes of one element. */
export const byteWidth: Readonly<Record<StoredType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
}

/** Reads little-endian bytes as an array, sharing their memory where the type allows; `bytes` start at a multiple of 8. */
export function decode(type: StoredType, shape: readonly number[], bytes: Uint8Array<ArrayBuffer>): RawArray {
  const { buffer, byteOffset } = bytes
  const length = bytes.length / byteWidth[type]
  if (length !== sizeOf(shape))
    throw new Error(`expected ${sizeOf(shape) * byteWidth[type]} bytes of ${type} [${shape}], got ${bytes.length}`)
  switch (type) {
    case 'float64':
      return { dtype: type, shape, data: new Float64Array(buffer, byteOffset, length) }
    case 'float32':
      return { dtype: type, shape, data: new Float32Array(buffer, byteOffset, length) }
    case 'float16':
      return { dtype: 'float32', shape, data: Float32Array.from(new Uint16Array(buffer, byteOffset, length), fromHalf) }
    case 'bfloat16':
      return { dtype: 'float32', shape, data: fromBfloat16(new Uint16Array(buffer, byteOffset, length)) }
    case 'int64':
      return { dtype: type, shape, data: new BigInt64Array(buffer, byteOffset, length) }
    case 'int32':
      return { dtype: type, shape, data: new Int32Array(buffer, byteOffset, length) }
    case 'int16':
      return { dtype: type, shape, data: new Int16Array(buffer, byteOffset, length) }
    case 'int8':
      return { dtype: type, shape, data: new Int8Array(buffer, byteOffset, length) }
    case 'uint8':
      return { dtype: type, shape, data: bytes }
    case 'bool': {
      const wrong = bytes.find((byte) => byte > 1)
      if (wrong !== undefined) throw new Error(`expected booleans of 0 or 1, got ${wrong}`)
      return { dtype: type, shape, data: bytes }
    }
  }
}

/** IEEE 754 binary16: a sign, 5 bits of exponent with bias 15, 10 bits of fraction. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** bfloat16 is the upper half of a float32. */
const fromBfloat16 = (halves: Uint16Array): Float32Array =>
  new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer)

/**
 * Converts to the element types that the project computes with: float64 is rounded to float32, integers become int32,
 * float32, int32 and bool are shared, not copied.
 * @throws if an integer lies outside the int32 range.
 */
export function toNDArray({ dtype, shape, data }: RawArray): NDArray {
  switch (dtype) {
    case 'float32':
    case 'int32':
    case 'bool':
      return ndarray(data, shape)
    case 'float64':
      return ndarray(Float32Array.from(data), shape)
    case 'int64':
      return ndarray(Int32Array.from(data, narrow), shape)
    default:
      return ndarray(Int32Array.from(data), shape)
  }
}

function narrow(value: bigint): number {
  if (BigInt.asIntN(32, value) !== value) throw new Error(`expected int64 values within the int32 range, got ${value}`)
  return Number(value)
}
