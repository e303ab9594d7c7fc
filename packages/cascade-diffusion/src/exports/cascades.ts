// Stages and cascades, and how they are sampled.

export {
  baseStage,
  type Cascade,
  type CascadeSampler,
  type CascadeStage,
  cascadeBits,
  cascadeSampler,
  imagesStage,
  readCascade,
  resampleStage,
  type Stage,
  type StageNetwork,
  superResolutionStage,
  type TrainedStage,
  withSampling,
} from '@cascade-diffusion/cascade'
export { pipelineCascade, pipelineNamed, presetNamed } from '@cascade-diffusion/presets'
