import { expect, test } from 'vitest'
import { notRecorded } from './kernel.ts'
import { families, kernels } from './table.ts'

test('no name stands in two families', () => {
  const names = families.flatMap((family) => Object.keys(family))
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  expect(Object.keys(kernels).sort()).toEqual(names.sort())
})

test('what is said of complex tensors and of 16 bits is said of kernels that it can hold for', () => {
  for (const [name, { lower, half, complex, alwaysComplex }] of Object.entries(kernels)) {
    // There is no other way to record it.
    if (alwaysComplex) expect(complex, name).toBeDefined()
    // Its parts say it, which alone are in the graph.
    if (lower === notRecorded) expect(half, name).toBeUndefined()
  }
})
