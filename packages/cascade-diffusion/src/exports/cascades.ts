// Stages and cascades: training, sampling, searches, files.

export {
  baseStage,
  type Cascade,
  type CascadeSampler,
  type CascadeStage,
  cascadeBits,
  cascadeSampler,
  imagesStage,
  loadStage,
  readCascade,
  resampleStage,
  type Stage,
  type StageNetwork,
  saveCascade,
  searchAugmentation,
  searchSampling,
  superResolutionStage,
  type TrainedStage,
  trainStage,
  withSampling,
  writeImages,
  writeSamples,
} from '@cascade-diffusion/cascade'
export { writeDiffusers, writeOnnx } from '@cascade-diffusion/export'
export { pipelineCascade, pipelineNamed, presetNamed } from '@cascade-diffusion/presets'
export { fromPretrained, pretrainedStage } from '@cascade-diffusion/pretrained'
