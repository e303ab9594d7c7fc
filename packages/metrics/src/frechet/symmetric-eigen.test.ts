import fc from 'fast-check'
import { expect, test } from 'vitest'
import { symmetricEigen, symmetricEigenvalues } from './symmetric-eigen.ts'

const symmetric = (n: number, at: (i: number, j: number) => number) =>
  Float64Array.from({ length: n * n }, (_, k) => {
    const i = Math.floor(k / n)
    const j = k % n
    return at(Math.min(i, j), Math.max(i, j))
  })

/** The largest deviations from A = VᵀΛV and from VVᵀ = I, relative to A. */
function residuals(a: Float64Array, n: number) {
  const { values, vectors } = symmetricEigen(a, n)
  const size = Math.max(...a.map(Math.abs)) || 1
  let reconstruction = 0
  let orthogonality = 0
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let x = 0
      let dot = 0
      for (let k = 0; k < n; k++) {
        x += values[k]! * vectors[k * n + i]! * vectors[k * n + j]!
        dot += vectors[i * n + k]! * vectors[j * n + k]!
      }
      reconstruction = Math.max(reconstruction, Math.abs(x - a[i * n + j]!) / size)
      orthogonality = Math.max(orthogonality, Math.abs(dot - (i === j ? 1 : 0)))
    }
  return { reconstruction, orthogonality }
}

function expectSmallResiduals(a: Float64Array, n: number) {
  const { reconstruction, orthogonality } = residuals(a, n)
  expect(reconstruction).toBeLessThan(4e-14 * n)
  expect(orthogonality).toBeLessThan(4e-14 * n)
}

function expectClose(actual: Float64Array, expected: number[], tolerance: number) {
  expect(actual.length).toBe(expected.length)
  for (const [i, x] of expected.entries()) expect(Math.abs(actual[i]! - x)).toBeLessThan(tolerance)
}

test('symmetricEigen gives orthonormal vectors that rebuild random matrices', () => {
  const matrix = fc.integer({ min: 1, max: 12 }).chain((n) =>
    fc.tuple(
      fc.constant(n),
      // Numbers far apart and many zeros: matrices that split and matrices of low rank.
      fc.array(
        fc.oneof(
          fc.constant(0),
          fc.double({ min: -1, max: 1 }).filter((x) => Math.abs(x) > 1e-200),
          fc.constantFrom(1e-9, 1e9, 1),
        ),
        {
          minLength: n * n,
          maxLength: n * n,
        },
      ),
    ),
  )
  fc.assert(
    fc.property(matrix, ([n, xs]) => {
      const a = symmetric(n, (i, j) => xs[i * n + j]!)
      expectSmallResiduals(a, n)
      const { values } = symmetricEigen(a, n)
      const size = Math.max(...a.map(Math.abs)) || 1
      expectClose(symmetricEigenvalues(a, n), [...values], 1e-13 * n * size)
    }),
  )
})

test('symmetricEigen finds the spectrum of the second difference', () => {
  const n = 60
  const a = symmetric(n, (i, j) => (i === j ? 2 : j === i + 1 ? -1 : 0))
  const expected = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)))
  expectClose(symmetricEigen(a, n).values, expected, 1e-13)
  expectClose(symmetricEigenvalues(a, n), expected, 1e-13)
})

test('symmetricEigen finds multiple eigenvalues and those of low rank', () => {
  const n = 30
  // I + u uᵀ: 1 with multiplicity n - 1, and 1 + |u|²
  const u = Array.from({ length: n }, (_, i) => Math.sin(i + 1))
  const square = u.reduce((sum, x) => sum + x * x, 0)
  const a = symmetric(n, (i, j) => (i === j ? 1 : 0) + u[i]! * u[j]!)
  expectClose(symmetricEigen(a, n).values, [...new Array<number>(n - 1).fill(1), 1 + square], 1e-13)
  expectSmallResiduals(a, n)
  const outer = symmetric(n, (i, j) => u[i]! * u[j]!)
  expectClose(symmetricEigenvalues(outer, n), [...new Array<number>(n - 1).fill(0), square], 1e-13)
})

test('symmetricEigen finds the small eigenvalues of a diagonal matrix exactly', () => {
  const diagonal = [3, 1e-300, -2, 0, 1e200]
  const a = symmetric(5, (i, j) => (i === j ? diagonal[i]! : 0))
  expect([...symmetricEigen(a, 5).values]).toEqual([-2, 0, 1e-300, 3, 1e200])
})

test('symmetricEigen says what it expects', () => {
  expect(() => symmetricEigen(new Float64Array(5), 2)).toThrow('expected 2×2 values, got 5')
  expect(() => symmetricEigenvalues(Float64Array.of(1, Number.NaN, 0, 1), 2)).toThrow('expected finite values')
})
