import { allocate, type DataOf, type DType, type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { widen } from './widen.ts'

/** Element types of files. */
export type StoredType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float8-e4m3'
  | 'float8-e5m2'
  | 'float8-e4m3fnuz'
  | 'float8-e5m2fnuz'
  | 'float8-e8m0'
  | 'int64'
  | 'uint64'
  | 'int32'
  | 'uint32'
  | 'int16'
  | 'uint16'
  | 'int8'
  | 'uint8'
  | 'bool'

/** The typed array of each element type in memory. Precisions below float32 are widened exactly. */
export interface RawData {
  float64: Float64Array
  float32: Float32Array
  int64: BigInt64Array
  uint64: BigUint64Array
  int32: Int32Array
  uint32: Uint32Array
  int16: Int16Array
  uint16: Uint16Array
  int8: Int8Array
  uint8: Uint8Array
  bool: Uint8Array
}

/** An array in the precision of its file: row-major values with a shape. */
export type RawArray = {
  [T in keyof RawData]: { readonly dtype: T; readonly shape: readonly number[]; readonly data: RawData[T] }
}[keyof RawData]

/** Bytes of one element. */
export const byteWidth: Readonly<Record<StoredType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  'float8-e4m3': 1,
  'float8-e5m2': 1,
  'float8-e4m3fnuz': 1,
  'float8-e5m2fnuz': 1,
  'float8-e8m0': 1,
  int64: 8,
  uint64: 8,
  int32: 4,
  uint32: 4,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
}

/** The element type in which each type is computed with. */
export const computedType = (type: StoredType): DType =>
  type === 'bool' ? 'bool' : type.includes('int') ? 'int32' : 'float32'

/**
 * Decodes little-endian bytes into an array. It shares their memory if the type allows; `bytes` starts at a multiple of
 * 8.
 */
export function decode(type: StoredType, shape: readonly number[], bytes: Uint8Array<ArrayBuffer>): RawArray {
  const { buffer, byteOffset } = bytes
  const length = bytes.length / byteWidth[type]
  if (length !== sizeOf(shape))
    throw new CascadeError(
      'checkpoint',
      `expected ${sizeOf(shape) * byteWidth[type]} bytes of ${type} [${shape}], got ${bytes.length}`,
    )
  switch (type) {
    case 'float64':
      return { dtype: type, shape, data: new Float64Array(buffer, byteOffset, length) }
    case 'float32':
      return { dtype: type, shape, data: new Float32Array(buffer, byteOffset, length) }
    case 'int64':
      return { dtype: type, shape, data: new BigInt64Array(buffer, byteOffset, length) }
    case 'uint64':
      return { dtype: type, shape, data: new BigUint64Array(buffer, byteOffset, length) }
    case 'int32':
      return { dtype: type, shape, data: new Int32Array(buffer, byteOffset, length) }
    case 'uint32':
      return { dtype: type, shape, data: new Uint32Array(buffer, byteOffset, length) }
    case 'int16':
      return { dtype: type, shape, data: new Int16Array(buffer, byteOffset, length) }
    case 'uint16':
      return { dtype: type, shape, data: new Uint16Array(buffer, byteOffset, length) }
    case 'int8':
      return { dtype: type, shape, data: new Int8Array(buffer, byteOffset, length) }
    case 'uint8':
      return { dtype: type, shape, data: bytes }
    case 'bool':
      checkBooleans(bytes)
      return { dtype: type, shape, data: bytes }
    default: {
      const data = new Float32Array(length)
      widen(type, bytes, data)
      return { dtype: 'float32', shape, data }
    }
  }
}

/** @throws unless every byte is 0 or 1. */
export function checkBooleans(bytes: Uint8Array): void {
  const wrong = bytes.find((byte) => byte > 1)
  if (wrong !== undefined) throw new CascadeError('checkpoint', `expected booleans of 0 or 1, got ${wrong}`)
}

/**
 * Converts to the element types of computation: float64 is rounded to float32, integers become int32; float32, int32
 * and bool are shared, not copied.
 * @throws if an integer is outside the int32 range.
 */
export function toNDArray(raw: RawArray): NDArray {
  const { dtype, shape, data } = raw
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return ndarray(data, shape)
  const converted = allocate(computedType(dtype), data.length)
  convert(raw, converted)
  return ndarray(converted, shape)
}

/** Writes values in the element types of computation. @throws as {@link toNDArray}. */
export function convert({ dtype, data }: RawArray, target: DataOf[DType]): void {
  if (dtype === 'int64' || dtype === 'uint64') narrow(dtype, data, target)
  else if (dtype === 'uint32') {
    const wide = data.find((value) => value > 0x7fffffff)
    if (wide !== undefined)
      throw new CascadeError('checkpoint', `expected uint32 values within the int32 range, got ${wide}`)
    target.set(data)
  } else target.set(data)
}

/** Low and high halves. An integer fits if the high half only repeats the sign. */
function narrow(dtype: 'int64' | 'uint64', data: BigInt64Array | BigUint64Array, target: DataOf[DType]): void {
  const halves = new Int32Array(data.buffer, data.byteOffset, 2 * data.length)
  for (let i = 0; i < data.length; i++) {
    const low = halves[2 * i]!
    if (halves[2 * i + 1] !== low >> 31 || (low < 0 && dtype === 'uint64'))
      throw new CascadeError('checkpoint', `expected ${dtype} values within the int32 range, got ${data[i]}`)
    target[i] = low
  }
}
