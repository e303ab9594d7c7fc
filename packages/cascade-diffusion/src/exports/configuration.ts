// Configurations: what the command trains.

export {
  type Budget,
  type CascadeConfig,
  type CascadePlan,
  type ConfiguredData,
  defineCascade,
  type ExperimentData,
  type StageConfig,
} from '@cascade-diffusion/experiment'
