/**
 * The process and its losses once more, in float64, one number at a time, from the papers' formulas and without the
 * packages under test: what they are checked against where no outputs of the original are at hand.
 */

/** A configuration as OpenAI's `create_gaussian_diffusion` takes it, with v as a further prediction. */
export interface ReferenceConfig {
  readonly steps: number
  readonly noiseSchedule: 'linear' | 'cosine'
  /** The steps kept, of the unspaced process. */
  readonly kept: readonly number[]
  readonly prediction: 'epsilon' | 'x0' | 'v'
  readonly variance: 'fixed-small' | 'fixed-large' | 'learned' | 'learned-range'
  readonly rescaleTimesteps: boolean
}

/** f(x, t)[c] = tanh(slope x[c mod 3] + gap floor(c / 3) + drift t): [slope, gap, drift]. */
export type NetworkParameters = readonly [number, number, number]

/** Of each of N images of `size` values its terms, and for each value what the model says. */
export interface ReferenceTerms {
  readonly mse: number[]
  readonly l1: number[]
  readonly vbBits: number[]
  readonly x0Mse: number[]
  readonly epsilonMse: number[]
  readonly mean: number[]
  readonly logVariance: number[]
  readonly predictedX0: number[]
}

/** Images flattened as NHWC with 3 channels. */
export interface ReferenceInput {
  readonly x0: readonly number[]
  readonly noise: readonly number[]
  readonly t: readonly number[]
  readonly parameters: NetworkParameters
  readonly clip: boolean
  /** The bound's mean is that of these parameters: a constant to finite differences. */
  readonly meanParameters?: NetworkParameters
}

const betaOf = ({ noiseSchedule, steps }: ReferenceConfig, t: number): number => {
  if (noiseSchedule === 'linear') return (0.1 + (t * 19.9) / (steps - 1)) / steps
  const bar = (u: number) => Math.cos(((u / steps + 0.008) / 1.008) * (Math.PI / 2)) ** 2
  return Math.min(1 - bar(t + 1) / bar(t), 0.999)
}

/** ᾱ of the steps kept. */
export function referenceAlphasCumprod(config: ReferenceConfig): number[] {
  const all: number[] = []
  for (let t = 0; t < config.steps; t++) all.push((all[t - 1] ?? 1) * (1 - betaOf(config, t)))
  return config.kept.map((t) => all[t]!)
}

export function referenceTerms(config: ReferenceConfig, input: ReferenceInput): ReferenceTerms {
  const bars = referenceAlphasCumprod(config)
  const size = input.x0.length / input.t.length
  const terms: ReferenceTerms = {
    mse: [],
    l1: [],
    vbBits: [],
    x0Mse: [],
    epsilonMse: [],
    mean: [],
    logVariance: [],
    predictedX0: [],
  }
  for (const [n, t] of input.t.entries()) {
    const values = Array.from({ length: size }, (_, i) => valueTerms(config, bars, input, t, n * size + i))
    const average = (key: keyof (typeof values)[number]) => values.reduce((sum, v) => sum + v[key], 0) / size
    for (const key of ['mse', 'l1', 'vbBits', 'x0Mse', 'epsilonMse'] as const) terms[key].push(average(key))
    for (const key of ['mean', 'logVariance', 'predictedX0'] as const) terms[key].push(...values.map((v) => v[key]))
  }
  return terms
}

function valueTerms(config: ReferenceConfig, bars: number[], input: ReferenceInput, t: number, i: number) {
  const { prediction, variance, steps, kept, rescaleTimesteps } = config
  const [x0, noise] = [input.x0[i]!, input.noise[i]!]
  const [bar, before] = [bars[t]!, bars[t - 1] ?? 1]
  const [alpha, sigma] = [Math.sqrt(bar), Math.sqrt(1 - bar)]
  const xt = alpha * x0 + sigma * noise
  const timestep = kept[t]! * (rescaleTimesteps ? 1000 / steps : 1)
  const f = ([slope, gap, drift]: NetworkParameters, half: number) =>
    Math.tanh(slope * xt + gap * half + drift * timestep)
  const x0Of = (output: number) =>
    ({ epsilon: (xt - sigma * output) / alpha, x0: output, v: alpha * xt - sigma * output })[prediction]
  const target = { epsilon: noise, x0, v: alpha * noise - sigma * x0 }[prediction]
  const error = target - f(input.parameters, 0)

  const raw = x0Of(f(input.meanParameters ?? input.parameters, 0))
  const predictedX0 = input.clip ? Math.min(Math.max(raw, -1), 1) : raw
  const beta = 1 - bar / before
  // q(x_{t-1} | x_t, x0): the product of N(x_{t-1}; √ᾱ_{t-1} x0, 1 - ᾱ_{t-1}) and N(x_t; √(1-β) x_{t-1}, β).
  const posteriorVariance = (b: number, previous: number) => 1 / ((1 - b) / b + 1 / (1 - previous))
  const posteriorMean = (data: number) =>
    t === 0
      ? data
      : posteriorVariance(beta, before) *
        ((Math.sqrt(1 - beta) / beta) * xt + (Math.sqrt(before) / (1 - before)) * data)
  const s = Math.max(t, 1)
  const small = Math.log(posteriorVariance(1 - bars[s]! / bars[s - 1]!, bars[s - 1]!))
  const v = f(input.parameters, 1)
  const logVariance = {
    'fixed-small': small,
    'fixed-large': t === 0 ? small : Math.log(beta),
    learned: v,
    'learned-range': small + ((v + 1) / 2) * (Math.log(beta) - small),
  }[variance]
  const mean = posteriorMean(predictedX0)
  const std = Math.exp(logVariance / 2)
  const kl = (logVariance - small) / 2 + (Math.exp(small) + (posteriorMean(x0) - mean) ** 2) / (2 * std ** 2) - 0.5
  return {
    mean,
    logVariance,
    predictedX0,
    mse: error ** 2,
    l1: Math.abs(error),
    vbBits: (t === 0 ? decoderNll(x0, mean, std) : kl) / Math.LN2,
    x0Mse: (x0 - predictedX0) ** 2,
    epsilonMse: (noise - (xt - alpha * predictedX0) / sigma) ** 2,
  }
}

function decoderNll(x0: number, mean: number, std: number): number {
  const cdf = (x: number) => 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
  const [above, below] = [cdf((x0 - mean + 1 / 255) / std), cdf((x0 - mean - 1 / 255) / std)]
  const mass = x0 < -0.999 ? above : x0 > 0.999 ? 1 - below : above - below
  return -Math.log(Math.max(mass, 1e-12))
}

/** OpenAI's `space_timesteps`: a count for each of several sections. */
export function sections(steps: number, counts: readonly number[]): number[] {
  const kept: number[] = []
  let start = 0
  for (const [i, count] of counts.entries()) {
    const size = Math.floor(steps / counts.length) + (i < steps % counts.length ? 1 : 0)
    const stride = count <= 1 ? 1 : (size - 1) / (count - 1)
    for (let k = 0; k < count; k++) kept.push(start + Math.round(k * stride))
    start += size
  }
  return kept
}

/** Central differences of a function of the network's parameters. */
export const finiteDifferences = (at: NetworkParameters, f: (parameters: NetworkParameters) => number): number[] =>
  at.map((parameter, i) => {
    const h = 1e-5 * parameter
    const shifted = (by: number) => f(at.map((p, j) => (j === i ? p + by : p)) as unknown as NetworkParameters)
    return (shifted(h) - shifted(-h)) / (2 * h)
  })
