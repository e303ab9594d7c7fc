import fc from 'fast-check'
import { expect, test } from 'vitest'
import { regrouped, runs, shapes } from '../testing/arbitraries.ts'
import { HWNC, identity, isIdentity, NCHW, physicalShape, reshapeLayout, sameOrder } from './layout.ts'

/** The logical number of each element, in the order of memory. */
function inMemory(shape: readonly number[], layout: readonly number[]): number[] {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1))
  return layout.reduce<number[]>(
    (offsets, axis) =>
      offsets.flatMap((o) =>
        Array.from({ length: shape[axis] as number }, (_, i) => o + i * (strides[axis] as number)),
      ),
    [0],
  )
}

const layouts = (shape: readonly number[]) =>
  fc.shuffledSubarray([...identity(shape.length)], { minLength: shape.length })

/** All orders of some numbers. */
const orders = (items: readonly number[]): number[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((first) => orders(items.filter((x) => x !== first)).map((rest) => [first, ...rest]))

const cases = shapes().chain((from) =>
  fc.record({ from: fc.constant(from), layout: layouts(from), to: regrouped(from) }),
)

test('a reshape that moves nothing keeps every element in its place', () => {
  let kept = 0
  fc.assert(
    fc.property(cases, ({ from, layout, to }) => {
      const result = reshapeLayout(from, layout, to)
      if (!result) return
      if (!isIdentity(result)) kept++
      expect([...result].sort()).toEqual(identity(to.length))
      expect(inMemory(to, result)).toEqual(inMemory(from, layout))
    }),
    runs(1000),
  )
  expect(kept).toBeGreaterThan(50)
})

test('a layout is found wherever there is one', () => {
  fc.assert(
    fc.property(cases, ({ from, layout, to }) => {
      fc.pre(to.length <= 5)
      const memory = String(inMemory(from, layout))
      const possible = orders(identity(to.length)).some((order) => String(inMemory(to, order)) === memory)
      expect(reshapeLayout(from, layout, to) !== undefined).toBe(possible)
    }),
    runs(500),
  )
})

test('examples', () => {
  // Pixels of an HWNC image: rows and columns lie together.
  expect(reshapeLayout([2, 4, 4, 8], HWNC, [2, 16, 8])).toEqual([1, 0, 2])
  expect(reshapeLayout([2, 16, 8], [1, 0, 2], [2, 4, 4, 8])).toEqual(HWNC)
  expect(reshapeLayout([2, 4, 4, 8], HWNC, [2, 4, 4, 2, 4])).toEqual([1, 2, 0, 3, 4])
  // Of NCHW, columns and channels do not.
  expect(reshapeLayout([2, 4, 4, 8], NCHW, [2, 4, 32])).toBeUndefined()
  expect(reshapeLayout([2, 0, 4], [1, 0, 2], [0])).toEqual([0])
  expect(reshapeLayout([1, 1], [1, 0], [])).toEqual([])
})

test('axes of length 1 do not change the order', () =>
  fc.assert(
    fc.property(
      shapes().chain((shape) => fc.tuple(fc.constant(shape), layouts(shape), layouts(shape))),
      ([shape, a, b]) => {
        expect(sameOrder(shape, a, b)).toBe(String(inMemory(shape, a)) === String(inMemory(shape, b)))
      },
    ),
    runs(500),
  ))

test('the shape in memory', () => {
  expect(physicalShape([2, 3, 4, 5], HWNC)).toEqual([3, 4, 2, 5])
  expect(physicalShape([2, 3, 4, 5], NCHW)).toEqual([2, 5, 3, 4])
})
