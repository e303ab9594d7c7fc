// What browsers get in place of index.ts: all that needs no files.

export { constantRate, cosineRate, type LearningRate, type LearningRateOptions } from './loop/learning-rate.ts'
export { type AdamOptions, type AdamScales, adam, adamScales } from './optimizers/adam.ts'
export { clipFactor, globalNorm } from './optimizers/clip.ts'
export { emaDecay, emaUpdate } from './step/ema.ts'
export { initialLossScale, type LossScale, type LossScaling, nextLossScale } from './step/loss-scale.ts'
export { type Packing, packedName, packSmall } from './step/packing.ts'
export { initialState, readState, type TrainState } from './step/params.ts'
export {
  type HyperOptions,
  hyperparameters,
  type Loss,
  type LossGradients,
  lossGradients,
  updateState,
} from './step/train-step.ts'
export {
  type AnyTrainState,
  type StepOptions,
  type StepResult,
  type Trainer,
  type TrainerOptions,
  trainer,
} from './step/trainer.ts'
