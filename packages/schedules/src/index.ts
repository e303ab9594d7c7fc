export { type ContinuousSchedule, scheduleFromLogSnr } from './continuous/continuous-schedule.ts'
export type { ContinuousCosineConfig } from './continuous/cosine.ts'
export { type ContinuousCosineOptions, continuousCosine } from './continuous/cosine.ts'
export { type ToDiscreteOptions, toContinuous, toDiscrete } from './continuous/discretization.ts'
export type { ContinuousKarrasConfig } from './continuous/karras.ts'
export { continuousKarras, type KarrasOptions, karrasSigmas } from './continuous/karras.ts'
export type { ContinuousLinearConfig } from './continuous/linear.ts'
export { type ContinuousLinearOptions, continuousLinear } from './continuous/linear.ts'
export type { ContinuousLogLinearConfig } from './continuous/log-linear.ts'
export { continuousLogLinear } from './continuous/log-linear.ts'
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
export {
  edmPreconditioning,
  type Preconditioning,
  vePreconditioning,
  vpPreconditioning,
} from './continuous/preconditioning.ts'
export type { ContinuousSigmoidConfig } from './continuous/sigmoid.ts'
export { type ContinuousSigmoidOptions, continuousSigmoid } from './continuous/sigmoid.ts'
export type { BetasScheduleConfig } from './discrete/betas.ts'
export type { CosineScheduleConfig } from './discrete/cosine.ts'
export { cosineSchedule } from './discrete/cosine.ts'
export {
  type DiscreteSchedule,
  type SpacedSteps,
  scheduleFromAlphasCumprod,
  scheduleFromBetas,
} from './discrete/discrete-schedule.ts'
export type { LinearScheduleConfig } from './discrete/linear.ts'
export { type LinearScheduleOptions, linearSchedule } from './discrete/linear.ts'
export type { RescaleOptions } from './discrete/rescaled.ts'
export { parseSpacing, respace, type Spacing } from './discrete/respace.ts'
export type { ScaledLinearScheduleConfig } from './discrete/scaled-linear.ts'
export { type ScaledLinearScheduleOptions, scaledLinearSchedule } from './discrete/scaled-linear.ts'
export type { SigmoidScheduleConfig } from './discrete/sigmoid.ts'
export { sigmoidSchedule } from './discrete/sigmoid.ts'
export { zeroTerminalSnr } from './discrete/zero-terminal-snr.ts'
export {
  type LossHistory,
  type LossHistoryOptions,
  type LossSecondMomentOptions,
  lossHistory,
  lossHistoryOf,
  lossSecondMomentProbabilities,
  recordLosses,
} from './drawing/loss-history.ts'
export {
  type DrawnNoiseLevels,
  type PiecewiseUniformOptions,
  piecewiseUniformNoiseLevels,
} from './drawing/noise-level-sampler.ts'
export { logitNormalTimes, logNormalSigmas, type NormalOptions, uniformTimes } from './drawing/time-samplers.ts'
export { sampleTimesteps, uniformTimesteps, type WeightedTimesteps } from './drawing/timestep-samplers.ts'
export type { LowDiscrepancy } from './drawing/uniforms.ts'
export { migrateSchedule } from './migrate.ts'
export {
  type DiscreteScheduleConfig,
  discreteSchedules,
  isDiscreteConfig,
  type ScheduleConfig,
  scheduleOf,
  schedules,
} from './schedule-table.ts'
export { type FitScheduleOptions, fitSchedule, type ParameterRange } from './search/fit-schedule.ts'
export { combinations, type GridSearchOptions, gridSearch } from './search/grid-search.ts'
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
