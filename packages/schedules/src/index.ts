export { type ToDiscreteOptions, toContinuous, toDiscrete } from './continuous/discretization.ts'
export { type KarrasOptions, karrasNoise, karrasSigmas } from './continuous/karras.ts'
export {
  alphaOfLogSnr,
  edmSigmaOfLogSnr,
  type LogSnrRange,
  logSnrOfAlphaCumprod,
  logSnrOfEdmSigma,
  logSnrs,
  sigmaOfLogSnr,
} from './continuous/log-snr.ts'
export {
  type EvenLogSnrOptions,
  evenLogSnrTimes,
  type ResolutionShift,
  shiftToResolution,
  truncateLogSnr,
} from './continuous/log-snr-transforms.ts'
export { type NoiseSchedule, noiseScheduleFromLogSnr } from './continuous/noise-schedule.ts'
export {
  type CosineNoiseOptions,
  cosineNoise,
  type LinearNoiseOptions,
  linearNoise,
  logLinearNoise,
  type SigmoidNoiseOptions,
  sigmoidNoise,
} from './continuous/noise-schedules.ts'
export {
  edmPreconditioning,
  type Preconditioning,
  vePreconditioning,
  vpPreconditioning,
} from './continuous/preconditioning.ts'
export {
  cosineSchedule,
  type LinearScheduleOptions,
  linearSchedule,
  type ScaledLinearScheduleOptions,
  scaledLinearSchedule,
  sigmoidSchedule,
} from './discrete/beta-schedules.ts'
export {
  type DiscreteSchedule,
  type SpacedSteps,
  scheduleFromAlphasCumprod,
  scheduleFromBetas,
} from './discrete/discrete-schedule.ts'
export { parseSpacing, respace, type Spacing } from './discrete/respace.ts'
export { zeroTerminalSnr } from './discrete/zero-terminal-snr.ts'
export {
  type LossHistory,
  type LossHistoryOptions,
  type LossSecondMomentOptions,
  lossHistory,
  lossSecondMomentProbabilities,
  recordLosses,
} from './drawing/loss-history.ts'
export {
  type NoiseLevels,
  type PiecewiseUniformOptions,
  piecewiseUniformNoiseLevels,
} from './drawing/noise-level-sampler.ts'
export { logitNormalTimes, logNormalSigmas, type NormalOptions, uniformTimes } from './drawing/time-samplers.ts'
export { sampleTimesteps, uniformTimesteps, type WeightedTimesteps } from './drawing/timestep-samplers.ts'
export type { LowDiscrepancy } from './drawing/uniforms.ts'
export { type FitScheduleOptions, fitSchedule, type ParameterRange } from './search/fit-schedule.ts'
export { type GridSearchOptions, gridSearch } from './search/grid-search.ts'
export type { ScheduleCandidate, ScheduleParameters, ScheduleSearchOptions } from './search/schedule-candidate.ts'
export {
  checkSearch,
  type SearchOptions,
  type SearchProgress,
  type SearchResult,
  searchKeys,
  searchTrials,
  type Trial,
  type Trials,
} from './search/search.ts'
