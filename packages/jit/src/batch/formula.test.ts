import { describe, expect, test } from 'vitest'
import type { Three } from './fit.ts'
import { fitNumbers } from './fit.ts'
import { formulaOf } from './formula.ts'

const sizes: Three<number> = [67, 71, 73]
const at = <T>(f: (n: number) => T): Three<T> => sizes.map(f) as unknown as Three<T>
const floats = (f: (n: number) => number) => at((n) => Float32Array.of(f(n)))

describe('numbers as functions of the batch size', () => {
  test.each<[string, (n: number) => number, string, boolean, number, number]>([
    ['multiples', (n) => 12 * n, 'n', false, 12, 0],
    ['multiples and more', (n) => 3 * n - 2, 'n', false, 3, -2],
    ['shares', (n) => 1 / (64 * n), 'n', true, 1 / 64, 0],
    ['pairs', (n) => n * n, 'n²', false, 1, 0],
    ['shares of pairs', (n) => 2 / (n * n), 'n²', true, 2, 0],
    ['unbiased shares', (n) => 5 / (n - 1), 'n−1', true, 5, 0],
    ['a number that is not round', (n) => 0.3 * n, 'n', false, 0.3, 0],
  ])('%s', (_, f, of, divides, scale, offset) => {
    const fit = fitNumbers(floats(f), sizes, false)!
    expect(fit.basis).toEqual({ of, divides })
    expect(fit.scales[0]).toBeCloseTo(scale, 6)
    expect(fit.offsets[0]).toBeCloseTo(offset, 6)
  })

  test('one basis for all numbers, of which some do not depend on it', () =>
    expect(
      fitNumbers(
        at((n) => [4, n, -1, 2 * n + 1]),
        sizes,
        true,
      ),
    ).toEqual({
      basis: { of: 'n', divides: false },
      scales: [0, 1, 0, 2],
      offsets: [4, 0, -1, 1],
    }))

  test('none for what the third size does not confirm, or what is near but no integer', () => {
    expect(fitNumbers(floats(Math.sqrt), sizes, false)).toBeUndefined()
    expect(fitNumbers(floats(Math.log), sizes, false)).toBeUndefined()
    expect(
      fitNumbers(
        at((n) => [Math.floor(n / 2) + (n === 73 ? 1 : 0)]),
        sizes,
        true,
      ),
    ).toBeUndefined()
    expect(
      fitNumbers(
        at((n) => [n * n * n]),
        sizes,
        true,
      ),
    ).toBeUndefined()
  })
})

describe('tensors as functions of the batch size', () => {
  const ints = (shape: (n: number) => number[], f: (i: number, n: number) => number) =>
    at((n) => ({
      dtype: 'int32' as const,
      shape: shape(n),
      data: Int32Array.from({ length: shape(n).reduce((a, b) => a * b, 1) }, (_, i) => f(i, n)),
    }))
  const kind = (tensors: ReturnType<typeof ints>) => formulaOf(tensors, sizes)?.kind

  test('the same always, or with elements that differ', () => {
    expect(
      kind(
        ints(
          () => [3],
          (i) => i,
        ),
      ),
    ).toBe('constant')
    expect(
      kind(
        ints(
          () => [3],
          (i, n) => i * n,
        ),
      ),
    ).toBe('elements')
    expect(
      kind(
        ints(
          () => [3],
          (i, n) => i * n ** 3,
        ),
      ),
    ).toBeUndefined()
  })

  test('repetitions and progressions along the batch', () => {
    expect(
      formulaOf(
        ints(
          (n) => [2, n],
          (i, n) => Math.floor(i / n),
        ),
        sizes,
      ),
    ).toMatchObject({
      kind: 'progression',
      step: undefined,
      view: [2, 1],
      shape: [2, -1],
      values: { start: [0, 1] },
    })
    expect(
      formulaOf(
        ints(
          (n) => [n + 1],
          (i, n) => n - i,
        ),
        sizes,
      ),
    ).toMatchObject({
      length: { scale: 1, offset: 1 },
      start: { kind: 'elements' },
      step: { kind: 'constant' },
      values: { step: [-1] },
    })
  })

  test('the batch as the outer or the inner part of an axis', () => {
    // Example by example: 0 1 2 0 1 2 …, and 0 1 2 10 11 12 …
    expect(
      formulaOf(
        ints(
          (n) => [3 * n],
          (i) => i % 3,
        ),
        sizes,
      ),
    ).toMatchObject({ view: [1, 3], step: undefined })
    expect(
      formulaOf(
        ints(
          (n) => [3 * n],
          (i) => (i % 3) + 10 * Math.floor(i / 3),
        ),
        sizes,
      ),
    ).toMatchObject({
      view: [1, 3],
      values: { start: [0, 1, 2], step: [10, 10, 10] },
    })
    // Channel by channel: 0 0 … 1 1 … 2 2 …
    expect(
      formulaOf(
        ints(
          (n) => [3 * n],
          (i, n) => Math.floor(i / n),
        ),
        sizes,
      ),
    ).toMatchObject({
      view: [3, 1],
      step: undefined,
      values: { start: [0, 1, 2] },
    })
  })

  test('one value over several axes of the batch', () => {
    expect(
      formulaOf(
        ints(
          (n) => [n, 4, n],
          () => 7,
        ),
        sizes,
      ),
    ).toMatchObject({ kind: 'spread', values: [7] })
    expect(
      kind(
        ints(
          (n) => [n, n],
          (i, n) => (i % (n + 1) === 0 ? 1 : 0),
        ),
      ),
    ).toBeUndefined()
  })
})
