import { expect, expectTypeOf, test } from 'vitest'
import { float32, isNDArray, type NDArray } from './array.ts'
import type { ArraysOf, TensorLike } from './compile.ts'

test('isNDArray distinguishes host arrays from records, lists and tensors', () => {
  expect(isNDArray(float32([1]))).toBe(true)
  expect(isNDArray({ shape: [1], data: [1] })).toBe(false)
  expect(isNDArray({ data: new Float32Array(1) })).toBe(false)
  expect(isNDArray({ dataId: {}, shape: [1], dtype: 'float32' })).toBe(false)
  for (const other of [undefined, null, 1, 'text', [], new Float32Array(1)]) expect(isNDArray(other)).toBe(false)
})

test('ArraysOf puts arrays in the place of tensors, at any depth', () => {
  type Batch = { image: TensorLike; condition: { label?: TensorLike } }
  type Expected = { readonly image: NDArray; readonly condition: { readonly label?: NDArray | undefined } }
  expectTypeOf<ArraysOf<Batch>>().toEqualTypeOf<Expected>()
  expectTypeOf<ArraysOf<[TensorLike, TensorLike[]]>>().toEqualTypeOf<readonly [NDArray, readonly NDArray[]]>()
})
