import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { checkInteger, checkOneOf, checkOptions } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import { checkRng, checkSchedule } from '../checks.ts'
import type { DiscreteSchedule } from '../discrete/discrete-schedule.ts'
import { uniforms } from './uniforms.ts'

/** Noise levels between the steps of a process: x = alpha x0 + sigma ε, alpha² + sigma² = 1. */
export interface DrawnNoiseLevels {
  /** For each example, the step t whose interval, from t - 1 to t, contains its noise level, int32 [n]. */
  readonly t: NDArray<'int32'>
  /** The factor of the data, in float64: the input of a network that is conditioned on the noise level. */
  readonly alpha: Float64Array
  /** The factor of the noise. */
  readonly sigma: Float64Array
}

/** Options of {@link piecewiseUniformNoiseLevels}. */
export interface PiecewiseUniformOptions {
  /**
   * The quantity that is uniform between steps t - 1 and t: √ᾱ (`alpha`, WaveGrad) or ᾱ (`alphaCumprod`, SR3). Default
   * `alpha`.
   */
  readonly uniformIn?: 'alpha' | 'alphaCumprod'
}

/**
 * A continuous noise level for each of n training examples: a uniform step t, then a noise level that is uniform
 * between those of steps t - 1 and t, where step -1 is the data (WaveGrad, Chen et al. 2021, algorithm 1, for √ᾱ; SR3,
 * Saharia et al. 2021, section 2.4, for ᾱ). A network conditioned on them can be sampled with any schedule, chosen
 * after training.
 */
export function piecewiseUniformNoiseLevels(
  n: number,
  schedule: DiscreteSchedule,
  rng: Rng,
  options: PiecewiseUniformOptions = {},
): DrawnNoiseLevels {
  checkInteger('piecewiseUniformNoiseLevels', 'n', n, { from: 0 })
  checkSchedule('piecewiseUniformNoiseLevels', schedule)
  checkRng('piecewiseUniformNoiseLevels', rng)
  checkOptions('piecewiseUniformNoiseLevels', options, { uniformIn: true })
  const { betas, alphasCumprod, alphasCumprodPrev } = schedule
  const { uniformIn = 'alpha' } = options
  checkOneOf('piecewiseUniformNoiseLevels', 'uniformIn', uniformIn, ['alpha', 'alphaCumprod'])
  const t = rng.fold('t').integers([n], 0, betas.length).data
  const places = uniforms(n, rng.fold('level'))
  const level = uniformIn === 'alpha' ? Math.sqrt : (alphaCumprod: number) => alphaCumprod
  const values = places.map((place, i) => {
    const [from, to] = [level(alphasCumprodPrev[t[i]!]!), level(alphasCumprod[t[i]!]!)]
    return (1 - place) * from + place * to
  })
  return {
    t: ndarray(t, [n]),
    alpha: uniformIn === 'alpha' ? values : values.map(Math.sqrt),
    sigma: values.map((x) => Math.sqrt(uniformIn === 'alpha' ? (1 - x) * (1 + x) : 1 - x)),
  }
}
