import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import type { RawArray } from './elements.ts'

/** An array in the precision of its file, or in that of computation. */
type Elements = RawArray | NDArray

/** Strides, in elements, of a row-major array. */
const rowMajorStrides = (shape: readonly number[]): number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))

/** Strides, in elements, of a column-major array, as in Fortran. */
export const columnMajorStrides = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => sizeOf(shape.slice(0, axis)))

/**
 * The row-major array of `shape` whose element at index i is the one of `from` at `offset` + Σ i·strides. Shares the
 * memory of `from` if its elements are already in that order. The caller has checked that the last index is inside: see
 * {@link lastIndex}.
 */
export function gather<A extends Elements>(
  from: A,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): A {
  const size = sizeOf(shape)
  const natural = rowMajorStrides(shape)
  const isNatural = shape.every((n, axis) => n === 1 || strides[axis] === natural[axis])
  if (size === 0 || isNatural) return { ...from, shape, data: from.data.subarray(offset, offset + size) } as A
  const data = new (from.data.constructor as new (length: number) => A['data'])(size)
  const index = shape.map(() => 0)
  let at = offset
  for (let i = 0; i < size; i++) {
    data[i] = from.data[at] as never
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      at -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return { ...from, shape, data } as A
}

/** The index of the last element of a strided array; `offset` - 1 if it has none. Strides are not negative. */
export const lastIndex = (shape: readonly number[], strides: readonly number[], offset: number): number =>
  sizeOf(shape) === 0 ? offset - 1 : shape.reduce((at, n, axis) => at + (n - 1) * strides[axis]!, offset)
