// Configurations, and the runs in which the command trains them.

export {
  type Budget,
  type CascadeConfig,
  type CascadePlan,
  type ConfiguredData,
  defineCascade,
  type ExperimentData,
  evaluateRun,
  loadConfig,
  openRun,
  resolveConfig,
  type StageConfig,
  searchRun,
  trainRun,
} from '@cascade-diffusion/experiment'
