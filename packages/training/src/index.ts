export { type AdamOptions, type AdamScales, adam, adamScales } from './adam.ts'
export {
  type Checkpoint,
  type Description,
  loadCheckpoint,
  loadEma,
  previousPath,
  saveCheckpoint,
} from './checkpoint.ts'
export { prepareCheckpoint } from './checkpoint-path.ts'
export { clipFactor, globalNorm } from './clip.ts'
export { emaDecay, emaUpdate } from './ema.ts'
export { constantRate, cosineRate, type LearningRate, type LearningRateOptions } from './learning-rate.ts'
export { initialLossScale, type LossScale, type LossScaling, nextLossScale } from './loss-scale.ts'
export { type Packing, packedName, packSmall } from './packing.ts'
export { initialState, readState, type TrainState } from './params.ts'
export {
  type BatchMemory,
  type CheckpointOptions,
  type Progress,
  type TrainOptions,
  type TrainResult,
  train,
} from './train.ts'
export {
  type HyperOptions,
  hyperparameters,
  type Loss,
  type LossGradients,
  lossGradients,
  updateState,
} from './train-step.ts'
export {
  type AnyTrainState,
  type StepOptions,
  type StepResult,
  type Trainer,
  type TrainerOptions,
  trainer,
} from './trainer.ts'
export { TrainingInterrupted } from './training-interrupted.ts'
