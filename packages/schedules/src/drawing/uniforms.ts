import type { Rng } from '@cascade-diffusion/random'

/** n float64 numbers, independent and uniform in [0, 1): multiples of 2^-52. */
export function uniforms(n: number, rng: Rng): Float64Array {
  const { data } = rng.integers([2 * n], 0, 2 ** 26)
  return Float64Array.from({ length: n }, (_, i) => (data[2 * i]! * 2 ** 26 + data[2 * i + 1]!) * 2 ** -52)
}

/** Options of the samplers of continuous times and noise levels. */
export interface LowDiscrepancy {
  /**
   * Whether the n draws are spread evenly: one in each n-th of the distribution, at the same random place in all of
   * them (VDM, Kingma et al. 2021, "low-discrepancy sampler"). Each draw alone has the same distribution as before, but
   * averages over a batch vary less. Default false.
   */
  readonly lowDiscrepancy?: boolean
}

/** n float64 numbers, each uniform in [0, 1): independent, or of low discrepancy, increasing except for one wrap. */
export function spreadUniforms(n: number, rng: Rng, { lowDiscrepancy = false }: LowDiscrepancy): Float64Array {
  if (!lowDiscrepancy) return uniforms(n, rng)
  const [start] = uniforms(1, rng)
  return Float64Array.from({ length: n }, (_, i) => (start! + i / n) % 1)
}
