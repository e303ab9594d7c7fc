// Training, searches and files of cascades.

export {
  loadStage,
  saveCascade,
  searchAugmentation,
  searchSampling,
  trainStage,
  writeImages,
  writeSamples,
} from '@cascade-diffusion/cascade'
export { writeDiffusers, writeOnnx } from '@cascade-diffusion/export'
export { fromPretrained, pretrainedStage } from '@cascade-diffusion/pretrained'
