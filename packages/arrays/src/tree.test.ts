import { expect, test } from 'vitest'
import { float32, isNDArray } from './array.ts'
import { flatten, type Tree } from './tree.ts'

const isNumber = (x: unknown): x is number => typeof x === 'number'

test('flatten names the leaves and reads records in the order of their sorted keys', () => {
  const { leaves, shape } = flatten<number>({ b: [3, [4]], a: 1, c: { z: 6, y: 5 } }, isNumber)
  expect(leaves).toEqual([1, 3, 4, 5, 6])
  expect(shape.paths).toEqual(['a', 'b.0', 'b.1.0', 'c.y', 'c.z'])
})

test('rebuild puts other leaves into the same tree', () => {
  const { leaves, shape } = flatten<number>({ b: [3, undefined], a: 1, none: {}, empty: [] }, isNumber)
  expect(shape.rebuild(leaves.map((x) => `${x}`))).toEqual({ a: '1', b: ['3', undefined], none: {}, empty: [] })
})

test('a tree may be a single leaf, or empty', () => {
  const single = flatten<number>(5, isNumber)
  expect([single.leaves, single.shape.paths, single.shape.rebuild(['x'])]).toEqual([[5], [''], 'x'])
  const empty = flatten<number>(undefined, isNumber)
  expect([empty.leaves, empty.shape.paths, empty.shape.rebuild([])]).toEqual([[], [], undefined])
})

test('leaves may be objects', () => {
  const w = float32([1, 2])
  const { leaves, shape } = flatten({ layer: { w } }, isNDArray)
  expect(leaves[0]).toBe(w)
  expect(shape.paths).toEqual(['layer.w'])
})

test('what is neither a leaf nor a branch is an error with its path', () => {
  const tree = { a: ['text'] } as unknown as Tree<number>
  expect(() => flatten(tree, isNumber)).toThrow("tree: expected an array, a list or a record at 'a.0', got string")
})
