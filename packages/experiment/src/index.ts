export {
  type Budget,
  budgets,
  type CascadeConfig,
  type CommonSamplingConfig,
  type ConfiguredData,
  type ConfiguredImages,
  defineCascade,
  type EvaluationConfig,
  type EvaluatorTrainingConfig,
  type ReportConfig,
  type SamplingConfig,
  type StageConfig,
  type TrainingConfig,
} from './config/cascade-config.ts'
export type { Change } from './config/changes.ts'
export { checkChanges, compareWithRun, type PlanChange, type PlanComparison } from './config/compare-with-run.ts'
export { cascadeConfigSchema, parseCascadeConfig } from './config/config-schema.ts'
export { configNames, type LoadedConfig, loadConfig } from './config/load-config.ts'
export { type Override, withOverrides } from './config/overrides.ts'
export { presetConfig, withPreset } from './config/preset.ts'
export { type PresetName, presetNames } from './config/preset-names.ts'
export { plainPlan, printedPlan } from './config/printed-plan.ts'
export { type ResolveConfigOptions, type ResolvedConfig, resolveConfig } from './config/resolve-config.ts'
export { type DataConfig, datasets } from './data/data.ts'
export type { DicebearConfig } from './data/dicebear.ts'
export type { ImagesConfig } from './data/images.ts'
export type { ExperimentData, LoadContext, Loaded, LoadOptions, LoadProgress } from './data/load-context.ts'
export type { MnistConfig } from './data/mnist.ts'
export { checkOutside } from './data/outside-images.ts'
export { checkMemory } from './defaults/check-memory.ts'
export { completeData } from './defaults/complete-data.ts'
export { type CompletePlanOptions, type ConfigWithData, completePlan } from './defaults/complete-plan.ts'
export { type DataFacts, dataFacts } from './defaults/data-facts.ts'
export { estimateMemory, type MemoryEstimate } from './defaults/estimate-memory.ts'
export { machineMemory } from './defaults/machine-memory.ts'
export type { Evaluation } from './evaluate/evaluate.ts'
export type { ExperimentFigures } from './evaluate/evaluator.ts'
export type { ChosenLevel, FoundLevels, LevelFigures, LevelSearch } from './evaluate/search-stages.ts'
export type {
  ChangedEvent,
  EvaluatedEvent,
  EvaluatorEvent,
  ExperimentEvent,
  LoadedEvent,
  LoadingEvent,
  SamplingEvent,
  TrainingEvent,
  WrittenEvent,
} from './events.ts'
export type {
  CascadePlan,
  EvaluationPlan,
  ModelTraining,
  PlannedBase,
  PlannedSuperResolution,
  StageTraining,
} from './plan/cascade-plan.ts'
export {
  type QuickstartDataset,
  type QuickstartOptions,
  quickstartDatasets,
  quickstartPlan,
} from './plans/quickstart.ts'
export { metricsOf, type Outcome } from './report/outcome.ts'
export { levelInWords } from './report/report.ts'
export { type EvaluatedRun, evaluateRun, searchRun } from './run/evaluated-run.ts'
export { type ModelState, openRun, type RunState } from './run/open-run.ts'
export type { OpenedRunOptions, PlannedRunOptions, RunOptions } from './run/options.ts'
export { type RunExperimentOptions, runExperiment } from './run/run-experiment.ts'
export { type TrainRunOptions, type TrainRunResult, trainRun } from './run/train-run.ts'
export type { Images, Samples } from './sample.ts'
