import { CascadeError, checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import type { Prediction } from '@cascade-diffusion/diffusion'
import { add, div, greater, minimum, mul, pow, scalar, type Tensor, where } from '@tensorflow/tfjs-core'

/**
 * The weight of the squared error of a network's output at a noise level: a traceable function of the signal-to-noise
 * ratio alpha² / sigma², and of what the output predicts. The squared error of x0 is that of ε divided by the SNR, and
 * that of v divided by SNR + 1. So a weighting that has a formula for each prediction gives the same loss whatever is
 * predicted. The SNR is 0 where nothing is left of the data, and ∞ where there is no noise. The weight is its limit
 * there, which may be ∞.
 */
export type Weighting = (snr: Tensor, prediction: Prediction) => Tensor

/** The weight, or its limit where there is no noise: the formula would be ∞ / ∞ there. */
const orLimit = (snr: Tensor, weight: Tensor, limit: number): Tensor =>
  where(greater(snr, 3.4e38), scalar(limit), weight)

/** Min-SNR-γ (Hang et al. 2023, section 3.4): min(SNR, γ) for the error of x0. `gamma` is above 0. Default 5. */
export function minSnr(options: { readonly gamma?: number } = {}): Weighting {
  checkOptions('minSnr', options, { gamma: true })
  const { gamma = 5 } = options
  checkPositive('minSnr: gamma', gamma)
  return (snr, prediction) => {
    if (prediction === 'epsilon') return minimum(div(gamma, snr), 1)
    const ofX0 = minimum(snr, gamma)
    return prediction === 'x0' ? ofX0 : div(ofX0, add(snr, 1))
  }
}

/** Options of {@link p2}. */
export interface P2Options {
  /** How much less low noise counts, at least 0; 0 is the simple loss of ε. Default 1. */
  readonly gamma?: number
  /** Keeps the weight finite at high noise, above 0. Default 1. */
  readonly k?: number
}

const p2Keys: KnownKeys<P2Options> = { gamma: true, k: true }

/** P2, perception prioritised (Choi et al. 2022, equation 8): (k + SNR)^-γ for the error of ε. */
export function p2(options: P2Options = {}): Weighting {
  checkOptions('p2', options, p2Keys)
  const { gamma = 1, k = 1 } = options
  if (!(gamma >= 0 && gamma < Infinity))
    throw new CascadeError('input', `p2: expected a gamma of at least 0, got ${gamma}`)
  checkPositive('p2: k', k)
  return (snr, prediction) => {
    const ofEpsilon = pow(add(snr, k), -gamma)
    if (prediction === 'epsilon') return ofEpsilon
    const ofX0 = mul(snr, ofEpsilon)
    if (prediction === 'x0') return orLimit(snr, ofX0, gamma === 1 ? 1 : gamma < 1 ? Number.POSITIVE_INFINITY : 0)
    return orLimit(snr, div(ofX0, add(snr, 1)), gamma === 0 ? 1 : 0)
  }
}

/**
 * EDM (Karras et al. 2022, table 1): (σ² + σ_data²) / (σ σ_data)² = SNR + 1 / σ_data² for the error of x0, with their
 * σ² = 1 / SNR. `sigmaData` is the standard deviation of the data, above 0. Default 0.5.
 */
export function edm(options: { readonly sigmaData?: number } = {}): Weighting {
  checkOptions('edm', options, { sigmaData: true })
  const { sigmaData = 0.5 } = options
  checkPositive('edm: sigmaData', sigmaData)
  const ofData = 1 / sigmaData ** 2
  return (snr, prediction) => {
    if (prediction === 'epsilon') return add(div(ofData, snr), 1)
    const ofX0 = add(snr, ofData)
    return prediction === 'x0' ? ofX0 : orLimit(snr, div(ofX0, add(snr, 1)), 1)
  }
}

function checkPositive(what: string, value: number): void {
  if (!(value > 0 && value < Infinity))
    throw new CascadeError('input', `${what}: expected a number above 0, got ${value}`)
}
