export {
  cosineSchedule,
  type LinearScheduleOptions,
  linearSchedule,
  type ScaledLinearScheduleOptions,
  scaledLinearSchedule,
  sigmoidSchedule,
} from './beta-schedules.ts'
export {
  type DiscreteSchedule,
  type SpacedSteps,
  scheduleFromAlphasCumprod,
  scheduleFromBetas,
} from './discrete-schedule.ts'
export { type ToDiscreteOptions, toContinuous, toDiscrete } from './discretization.ts'
export { type KarrasOptions, karrasNoise, karrasSigmas } from './karras.ts'
export {
  alphaOfLogSnr,
  edmSigmaOfLogSnr,
  type LogSnrRange,
  logSnrOfAlphaCumprod,
  logSnrOfEdmSigma,
  logSnrs,
  sigmaOfLogSnr,
} from './log-snr.ts'
export {
  type EvenLogSnrOptions,
  evenLogSnrTimes,
  type ResolutionShift,
  shiftToResolution,
  truncateLogSnr,
} from './log-snr-transforms.ts'
export {
  type LossHistory,
  type LossHistoryOptions,
  type LossSecondMomentOptions,
  lossHistory,
  lossSecondMomentProbabilities,
  recordLosses,
} from './loss-history.ts'
export { type NoiseLevels, type PiecewiseUniformOptions, piecewiseUniformNoiseLevels } from './noise-level-sampler.ts'
export { type NoiseSchedule, noiseScheduleFromLogSnr } from './noise-schedule.ts'
export {
  type CosineNoiseOptions,
  cosineNoise,
  type LinearNoiseOptions,
  linearNoise,
  logLinearNoise,
  type SigmoidNoiseOptions,
  sigmoidNoise,
} from './noise-schedules.ts'
export { edmPreconditioning, type Preconditioning, vePreconditioning, vpPreconditioning } from './preconditioning.ts'
export { parseSpacing, respace, type Spacing } from './respace.ts'
export { type FitScheduleOptions, fitSchedule, type ParameterRange } from './search/fit-schedule.ts'
export { type GridSearchOptions, gridSearch } from './search/grid-search.ts'
export type { ScheduleParameters, SearchOptions, SearchProgress, SearchResult, Trial } from './search/trials.ts'
export { logitNormalTimes, logNormalSigmas, type NormalOptions, uniformTimes } from './time-samplers.ts'
export { sampleTimesteps, uniformTimesteps, type WeightedTimesteps } from './timestep-samplers.ts'
export type { LowDiscrepancy } from './uniforms.ts'
export { zeroTerminalSnr } from './zero-terminal-snr.ts'
