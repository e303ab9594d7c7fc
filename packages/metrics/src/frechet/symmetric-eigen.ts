import { CascadeError } from '@cascade-diffusion/checks'
/** Eigenvalues in ascending order, and eigenvector i in row i of a row-major n×n matrix. */
export interface SymmetricEigen {
  values: Float64Array
  vectors: Float64Array
}

/**
 * The eigenvalues and orthonormal eigenvectors of a symmetric matrix, in float64: A = Σ λᵢ vᵢ vᵢᵀ.
 * Householder tridiagonalisation and implicit QL (Golub & Van Loan, §8.3; EISPACK's imtql2).
 * @param a n×n, row-major; only the upper triangle is read.
 * @throws if `a` does not hold n² finite values.
 */
export function symmetricEigen(a: Float64Array, n: number): SymmetricEigen {
  const { diagonal, offDiagonal, vectors } = tridiagonalize(a, n, true)
  implicitQL(diagonal, offDiagonal, vectors)
  const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[i]! - diagonal[j]!)
  const sorted = new Float64Array(n * n)
  order.forEach((from, to) => {
    sorted.set(vectors!.subarray(from * n, (from + 1) * n), to * n)
  })
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors: sorted }
}

/** The eigenvalues only, as {@link symmetricEigen}, in a third of the time. */
export function symmetricEigenvalues(a: Float64Array, n: number): Float64Array {
  const { diagonal, offDiagonal } = tridiagonalize(a, n, false)
  implicitQL(diagonal, offDiagonal)
  return diagonal.sort()
}

interface Tridiagonal {
  diagonal: Float64Array
  /** Element i couples i and i + 1; the last is 0. */
  offDiagonal: Float64Array
  /** Qᵀ of A = Q T Qᵀ */
  vectors: Float64Array | undefined
}

function tridiagonalize(matrix: Float64Array, n: number, wantVectors: boolean): Tridiagonal {
  if (matrix.length !== n * n)
    throw new CascadeError('input', `symmetricEigen: expected ${n}×${n} values, got ${matrix.length}`)
  if (!matrix.every(Number.isFinite)) throw new CascadeError('input', 'symmetricEigen: expected finite values')
  const a = Float64Array.from(matrix)
  const factors = new Float64Array(n)
  const offDiagonal = new Float64Array(n)
  const p = new Float64Array(n)
  for (let k = 0; k < n - 1; k++) {
    // Row k beyond the diagonal becomes the Householder vector v of H = I - factor·v vᵀ, which maps it to a multiple of e₁.
    const v = a.subarray(k * n, (k + 1) * n)
    let largest = 0
    for (let j = k + 1; j < n; j++) largest = Math.max(largest, Math.abs(v[j]!))
    if (largest === 0) continue
    let sum = 0
    for (let j = k + 1; j < n; j++) sum += (v[j]! / largest) ** 2
    const norm = -Math.sign(v[k + 1]! || 1) * largest * Math.sqrt(sum)
    offDiagonal[k] = norm
    const head = v[k + 1]! - norm
    factors[k] = -head / norm
    v[k + 1] = 1
    for (let j = k + 2; j < n; j++) v[j]! /= head

    // A ← H A H = A - v wᵀ - w vᵀ on the rest's upper triangle, with w = p - ½ factor (pᵀv) v and p = factor·A v.
    const factor = factors[k]!
    p.fill(0)
    for (let i = k + 1; i < n; i++) {
      const row = i * n
      const vi = v[i]!
      let dot = a[row + i]! * vi
      for (let j = i + 1; j < n; j++) {
        const x = a[row + j]!
        dot += x * v[j]!
        p[j]! += x * vi
      }
      p[i]! += dot
    }
    let pv = 0
    for (let i = k + 1; i < n; i++) pv += p[i]! * v[i]!
    for (let i = k + 1; i < n; i++) p[i] = factor * (p[i]! - 0.5 * factor * pv * v[i]!)
    for (let i = k + 1; i < n; i++) {
      const row = i * n
      const vi = v[i]!
      const wi = p[i]!
      for (let j = i; j < n; j++) a[row + j]! -= vi * p[j]! + wi * v[j]!
    }
  }
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i]!)
  return { diagonal, offDiagonal, vectors: wantVectors ? accumulate(a, factors, n) : undefined }
}

/** Qᵀ = H_{n-2} … H₀ from the Householder vectors in the rows of `a`. */
function accumulate(a: Float64Array, factors: Float64Array, n: number): Float64Array {
  const q = new Float64Array(n * n)
  for (let i = 0; i < n; i++) q[i * n + i] = 1
  for (let k = n - 2; k >= 0; k--) {
    if (factors[k] === 0) continue
    const v = a.subarray(k * n, (k + 1) * n)
    for (let i = k + 1; i < n; i++) {
      const row = q.subarray(i * n, (i + 1) * n)
      let dot = 0
      for (let j = k + 1; j < n; j++) dot += row[j]! * v[j]!
      dot *= factors[k]!
      for (let j = k + 1; j < n; j++) row[j]! -= dot * v[j]!
    }
  }
  return q
}

/** Diagonalises in place: `d` becomes the eigenvalues, and each row of `vectors` the eigenvector beside it. */
function implicitQL(d: Float64Array, e: Float64Array, vectors?: Float64Array): void {
  const n = d.length
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++
      if (m === l) break
      if (iteration === 100)
        throw new CascadeError('input', `symmetricEigen: eigenvalue ${l} did not converge in 100 iterations`)
      // Wilkinson's shift
      let g = (d[l + 1]! - d[l]!) / (2 * e[l]!)
      g = d[m]! - d[l]! + e[l]! / (g + (g < 0 ? -1 : 1) * Math.hypot(g, 1))
      let s = 1
      let c = 1
      let p = 0
      let i = m - 1
      for (; i >= l; i--) {
        const f = s * e[i]!
        const b = c * e[i]!
        const r = Math.hypot(f, g)
        e[i + 1] = r
        if (r === 0) {
          // The matrix splits by underflow: start again on the part left.
          d[i + 1]! -= p
          break
        }
        s = f / r
        c = g / r
        g = d[i + 1]! - p
        const t = (d[i]! - g) * s + 2 * c * b
        p = s * t
        d[i + 1] = g + p
        g = c * t - b
        if (vectors) rotate(vectors.subarray(i * n, (i + 2) * n), n, c, s)
      }
      if (i < l) {
        d[l]! -= p
        e[l] = g
      }
      e[m] = 0
    }
  }
}

/** Rotates two rows of n values, one behind the other. */
function rotate(rows: Float64Array, n: number, c: number, s: number): void {
  for (let k = 0; k < n; k++) {
    const x = rows[k]!
    const y = rows[n + k]!
    rows[k] = c * x - s * y
    rows[n + k] = s * x + c * y
  }
}
