export { pMeanVariance, type ReverseStep } from './distributions/p-mean-variance.ts'
export { type Gaussian, posteriorBetween, qPosterior } from './distributions/posterior.ts'
export { qMeanVariance, qSample } from './distributions/q-sample.ts'
export { type ClassifierGuidanceOptions, classifierGuidance } from './guidance/classifier.ts'
export { type ClassifierFreeGuidanceOptions, classifierFreeGuidance } from './guidance/classifier-free.ts'
export { type Inpainting, inpainting } from './guidance/inpainting.ts'
export { type DropLabelsOptions, dropLabels, withoutLabel } from './guidance/labels.ts'
export { type Denoised, type Denoiser, type DenoiserOptions, denoiser, processingX0 } from './model/denoiser.ts'
export { evaluateNetwork, type NetworkOutput, splitOutput } from './model/evaluate-network.ts'
export type { LearnedLogVariance, LogVarianceBounds } from './model/log-variance.ts'
export {
  type AlphaSigma,
  type DataAndNoise,
  epsilonFromV,
  epsilonFromX0,
  predictionTarget,
  readPrediction,
  vFrom,
  x0FromEpsilon,
  x0FromV,
  xtFrom,
} from './model/predictions.ts'
export {
  type ClipConfig,
  clipX0,
  type DynamicThresholdConfig,
  type DynamicThresholdOptions,
  dynamicThreshold,
  type KeepConfig,
  keepX0,
  type ProcessX0,
  type ProcessX0Config,
  processesX0,
  processX0Of,
} from './model/process-x0.ts'
export {
  type NoiseLevel,
  type NoiseLevelArrays,
  type NoiseLevelTensors,
  noiseInput,
  noiseInputAt,
  noiseLevel,
  noiseLevelArrays,
  noiseLevelAt,
} from './process/noise-level.ts'
export {
  checkProcess,
  type DiffusionModel,
  type DiffusionProcess,
  isDiscrete,
  lastStep,
  learnsVariance,
  type Network,
  type NoiseInput,
  type Prediction,
  type Schedule,
  takesNoiseLevels,
  type Variance,
} from './process/process.ts'
export { migrateProcess, type ProcessConfig, processOf, processSchema } from './process/process-config.ts'
export type { Steps } from './process/steps.ts'
export { type CreateSamplerOptions, createSampler, type ModelSampler } from './sampling/driver.ts'
export type { Level } from './sampling/level.ts'
export type { Route } from './sampling/path.ts'
export { checkRoute } from './sampling/plan.ts'
export { type RepaintOptions, type Restart, repaintRestarts } from './sampling/restart.ts'
export type { Frame, RunOptions, SampleOptions } from './sampling/sample-options.ts'
export { type SamplerConfig, samplerOf, samplers } from './sampling/sampler-table.ts'
export { type AncestralConfig, type AncestralOptions, ancestral } from './sampling/samplers/ancestral.ts'
export { type DdimConfig, type DdimOptions, ddim } from './sampling/samplers/ddim.ts'
export { type DdimInversionConfig, ddimInversion } from './sampling/samplers/ddim-inversion.ts'
export { type DpmSolverConfig, type DpmSolverOptions, dpmSolver } from './sampling/samplers/dpm-solver.ts'
export { type HeunConfig, type HeunOptions, heun } from './sampling/samplers/heun.ts'
export {
  type Evaluation,
  type Sampler,
  type SamplerStep,
  type SamplerUpdate,
  type Transition,
  weightedSum,
} from './sampling/samplers/sampler.ts'
export { type UnipcConfig, type UnipcOptions, unipc } from './sampling/samplers/unipc.ts'
export { type SpacedStepsOptions, spacedSteps, stepsDown } from './sampling/steps.ts'
