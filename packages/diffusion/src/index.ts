export { type Denoised, type Denoiser, type DenoiserOptions, denoiser } from './denoiser.ts'
export { evaluateNetwork } from './evaluate-network.ts'
export { type NoiseLevel, type NoiseLevelTensors, noiseInputAt, noiseLevel, noiseLevelAt } from './noise-level.ts'
export { pMeanVariance } from './p-mean-variance.ts'
export { type Gaussian, posteriorBetween, qPosterior } from './posterior.ts'
export { type AlphaSigma, clipX0, epsilonFromX0, x0FromEpsilon } from './predictions.ts'
export type { DiffusionModel, DiffusionProcess, Network, NoiseInput, Prediction, Variance } from './process.ts'
export { qSample } from './q-sample.ts'
export { type AncestralOptions, ancestral } from './sampling/ancestral.ts'
export { type DdimOptions, ddim } from './sampling/ddim.ts'
export {
  type CreateSamplerOptions,
  createSampler,
  type Frame,
  type ModelSampler,
  type SampleOptions,
} from './sampling/driver.ts'
export { addNoise, type Sampler, type SamplerStep, type Transition } from './sampling/sampler.ts'
export { stepsDown } from './sampling/steps.ts'
