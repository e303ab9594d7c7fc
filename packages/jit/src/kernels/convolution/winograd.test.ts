import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { transforms } from './winograd.ts'

const times = (m: readonly (readonly number[])[], v: readonly number[]) =>
  m.map((row) => row.reduce((sum, a, i) => sum + a * (v[i] as number), 0))

test('y = Aᵀ[(G g) ⊙ (Bᵀ d)] is the convolution of 6 numbers with 3, to the precision of float64', () => {
  const { At, G, Bt } = transforms()
  expect([At, G, Bt].map((m) => [m.length, m[0]?.length])).toEqual([
    [4, 6],
    [6, 3],
    [6, 6],
  ])
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => {
      const draw = (n: number, label: string) => Array.from(rng(seed).fold(label).normal([n]).data)
      const [d, g] = [draw(6, 'd'), draw(3, 'g')]
      const direct = [0, 1, 2, 3].map((i) => g.reduce((sum, w, j) => sum + w * (d[i + j] as number), 0))
      const V = times(Bt, d)
      const y = times(
        At,
        times(G, g).map((u, i) => u * (V[i] as number)),
      )
      expect(greatestDifference(y, direct)).toBeLessThan(1e-13)
    }),
    { seed: 1 },
  )
})

test('the transforms are transposes of each other’s gradients: the filter’s gradient is Gᵀ[(A dy) ⊙ (Bᵀ d)]', () => {
  const { At, G, Bt } = transforms()
  const transpose = (m: number[][]) => (m[0] as number[]).map((_, j) => m.map((row) => row[j] as number))
  const draw = (n: number, label: string) => Array.from(rng(3).fold(label).normal([n]).data)
  const [d, dy] = [draw(6, 'd'), draw(4, 'dy')]
  const V = times(Bt, d)
  const dg = times(
    transpose(G),
    times(transpose(At), dy).map((u, i) => u * (V[i] as number)),
  )
  const direct = [0, 1, 2].map((j) => dy.reduce((sum, e, i) => sum + e * (d[i + j] as number), 0))
  expect(greatestDifference(dg, direct)).toBeLessThan(1e-13)
})
