import { CascadeError } from '@cascade-diffusion/checks'
/** Element types that the host, tfjs and the engines share. `bool` is stored as bytes, 0 or 1. */
export type DType = 'float32' | 'int32' | 'bool'

/** The typed array that holds each element type. */
export interface DataOf {
  float32: Float32Array
  int32: Int32Array
  bool: Uint8Array
}

/** A dense array on the host: row-major values with a shape. The values are shared, never copied, unless a function says so. */
export interface NDArray<D extends DType = DType> {
  readonly dtype: D
  readonly shape: readonly number[]
  readonly data: DataOf[D]
}

/** The number of elements of a shape; 1 for a scalar's `[]`. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1)

function dtypeOf(data: DataOf[DType]): DType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof Uint8Array) return 'bool'
  const got = (data as unknown)?.constructor?.name ?? String(data)
  throw new CascadeError('input', `ndarray: expected a Float32Array, an Int32Array or a Uint8Array (bool), got ${got}`)
}

/** The element type that a typed array holds. */
export type DTypeFor<A> = A extends Float32Array ? 'float32' : A extends Int32Array ? 'int32' : 'bool'

/**
 * Wraps a typed array with a shape, without copying. The element type follows from the array.
 * @throws if the array has another type, or its length is not the size of the shape.
 */
export function ndarray<A extends DataOf[DType]>(data: A, shape: readonly number[]): NDArray<DTypeFor<A>> {
  const dtype = dtypeOf(data)
  if (!Array.isArray(shape))
    throw new CascadeError('input', `ndarray: expected a shape, a list of lengths, got ${shape}`)
  if (sizeOf(shape) !== data.length)
    throw new CascadeError('input', `ndarray: shape [${shape}] holds ${sizeOf(shape)} values, got ${data.length}`)
  return { dtype, shape: [...shape], data } as unknown as NDArray<DTypeFor<A>>
}

/**
 * A float32 array from numbers or a scalar: `float32([1, 2])`, `float32(0.5)`. `shape` defaults to one axis, or none
 * for a scalar.
 * @throws if a value is not a number.
 */
export function float32(values: ArrayLike<number> | number, shape?: readonly number[]): NDArray<'float32'> {
  checkNumbers('float32', values)
  if (typeof values === 'number') return ndarray(Float32Array.of(values), shape ?? [])
  return ndarray(Float32Array.from(values), shape ?? [values.length])
}

/**
 * An int32 array from integers or a scalar, as {@link float32}. @throws if a value is not an integer from -2³¹ to 2³¹ -
 * 1.
 */
export function int32(values: ArrayLike<number> | number, shape?: readonly number[]): NDArray<'int32'> {
  checkNumbers('int32', values)
  const given = typeof values === 'number' ? [values] : values
  const data = Int32Array.from(given)
  const wrong = data.findIndex((value, i) => value !== given[i])
  if (wrong >= 0)
    throw new CascadeError('input', `int32: expected integers from -2^31 to 2^31 - 1, got ${given[wrong]} at ${wrong}`)
  return ndarray(data, shape ?? (typeof values === 'number' ? [] : [values.length]))
}

/** JavaScript would convert strings, big integers and holes to other numbers. */
function checkNumbers(name: string, values: ArrayLike<number> | number): void {
  if (typeof values === 'number') return
  if (typeof values !== 'object' || values === null || typeof values.length !== 'number')
    throw new CascadeError('input', `${name}: expected numbers in a list, or a number, got ${String(values)}`)
  // A typed array holds numbers only, or big integers only.
  const count = ArrayBuffer.isView(values) ? Math.min(values.length, 1) : values.length
  for (let i = 0; i < count; i++)
    if (typeof values[i] !== 'number')
      throw new CascadeError(
        'input',
        `${name}: expected numbers, got ${String(values[i])} (${typeof values[i]}) at ${i}`,
      )
}

/** A typed array of `length` zeros of an element type. */
export function allocate<D extends DType>(dtype: D, length: number): DataOf[D] {
  const make = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype]
  return new make(length) as DataOf[D]
}

/** An array of zeros. */
export const zeros = <D extends DType = 'float32'>(
  shape: readonly number[],
  dtype: D = 'float32' as D,
): NDArray<D> => ({ dtype, shape: [...shape], data: allocate(dtype, sizeOf(shape)) })

/** Rows `from` to `to` (exclusive) along the first axis, as a view of the same memory. */
export function rows<D extends DType>(a: NDArray<D>, from: number, to: number): NDArray<D> {
  const [n = 1, ...rest] = a.shape
  if (!(0 <= from && from <= to && to <= n))
    throw new CascadeError('input', `rows: ${from} to ${to} is outside 0 to ${n}`)
  const stride = sizeOf(rest)
  return { dtype: a.dtype, shape: [to - from, ...rest], data: a.data.subarray(from * stride, to * stride) as DataOf[D] }
}

/** The rows at `indices` along the first axis, copied. @throws on an index outside the array. */
export function take<D extends DType>(a: NDArray<D>, indices: ArrayLike<number>): NDArray<D> {
  const [n = 1, ...rest] = a.shape
  const stride = sizeOf(rest)
  const data = allocate(a.dtype, indices.length * stride)
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i] as number
    if (!(row >= 0 && row < n)) throw new CascadeError('input', `take: index ${row} is outside 0 to ${n - 1}`)
    data.set(a.data.subarray(row * stride, (row + 1) * stride), i * stride)
  }
  return { dtype: a.dtype, shape: [indices.length, ...rest], data }
}

/** Joins arrays along the first axis, copied. @throws if their element types or other axes differ. */
export function concatenate<D extends DType>(arrays: readonly NDArray<D>[]): NDArray<D> {
  const [first] = arrays
  if (!first) throw new CascadeError('input', 'concatenate: expected at least one array')
  const rest = first.shape.slice(1)
  for (const a of arrays)
    if (a.dtype !== first.dtype || String(a.shape.slice(1)) !== String(rest))
      throw new CascadeError('input', `concatenate: expected ${first.dtype} [*,${rest}], got ${a.dtype} [${a.shape}]`)
  const n = arrays.reduce((sum, a) => sum + (a.shape[0] ?? 1), 0)
  const data = allocate(first.dtype, n * sizeOf(rest))
  let offset = 0
  for (const a of arrays) {
    data.set(a.data, offset)
    offset += a.data.length
  }
  return { dtype: first.dtype, shape: [n, ...rest], data }
}

/** Whether a value is a host array: the leaves of arguments and results. */
export const isNDArray = (x: unknown): x is NDArray =>
  typeof x === 'object' && x !== null && ArrayBuffer.isView((x as NDArray).data) && Array.isArray((x as NDArray).shape)
