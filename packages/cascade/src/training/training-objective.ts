/** How much the squared error counts at each noise level, as `minSnr`, `p2` and `edm` of `losses` have it. */
export type WeightingConfig =
  | { readonly name: 'min-snr'; readonly gamma?: number }
  | { readonly name: 'p2'; readonly gamma?: number; readonly k?: number }
  | { readonly name: 'edm'; readonly sigmaData?: number }

/** The error of the network's prediction. */
export interface SimpleLossConfig {
  readonly name: 'simple'
  /** `l2` (DDPM), or `l1` (SR3, WaveGrad). Default `l2`. */
  readonly norm?: 'l1' | 'l2'
  /** Default: everywhere the same. */
  readonly weighting?: WeightingConfig
}

/** The same, and λ times the variational bound, which trains a learned variance (Improved DDPM). */
export interface HybridLossConfig extends Omit<SimpleLossConfig, 'name'> {
  readonly name: 'hybrid'
  /** λ. Default T / 1000. */
  readonly vlbWeight?: number
}

/** The variational bound alone, which trains the mean, and the variance if it is learned. */
export interface KlLossConfig {
  readonly name: 'kl'
  /** What the bound's term is multiplied by. Default T. */
  readonly vlbWeight?: number
}

/** What is minimised. */
export type LossConfig = SimpleLossConfig | HybridLossConfig | KlLossConfig

/**
 * How noisy the images are that a network is trained on.
 * - `uniform`: each step of the process as likely as any other; in continuous time each time.
 * - `loss-second-moment`: steps with large losses more often, by the last `length` (default 10) losses of each, and the losses
 *   weighted to make up for it; a share `uniformProbability` (default 0.001) is uniform (Improved DDPM, section 3.3).
 * - `piecewise-uniform`: between two neighbouring steps, uniform in `alpha` = √ᾱ (WaveGrad, the default) or `alphaCumprod`
 *   (SR3): the paper's continuous noise conditioning, after which the schedule of sampling can be chosen.
 * - `log-normal`: ln(sigma / alpha) is normal (EDM), by default of mean -1.2 and standard deviation 1.2.
 * The last two need a network that is told the `noise-level` or the `log-snr`.
 */
export type NoiseLevelsConfig =
  | { readonly name: 'uniform' }
  | { readonly name: 'loss-second-moment'; readonly length?: number; readonly uniformProbability?: number }
  | { readonly name: 'piecewise-uniform'; readonly uniformIn?: 'alpha' | 'alphaCumprod' }
  | { readonly name: 'log-normal'; readonly mean?: number; readonly std?: number }

/** What a stage is trained for: a JSON value, and part of its checkpoint. */
export interface TrainingObjective {
  /** Default `simple`; `hybrid` if the stage learns its variance. */
  readonly loss?: LossConfig
  /** Default `uniform`. */
  readonly noiseLevels?: NoiseLevelsConfig
}
