// What browsers get in place of index.ts: all that needs no files.
export { type AdamOptions, type AdamScales, adam, adamScales } from './adam.ts'
export { clipFactor, globalNorm } from './clip.ts'
export { emaDecay, emaUpdate } from './ema.ts'
export { constantRate, cosineRate, type LearningRate, type LearningRateOptions } from './learning-rate.ts'
export { initialLossScale, type LossScale, type LossScaling, nextLossScale } from './loss-scale.ts'
export { type Packing, packedName, packSmall } from './packing.ts'
export { initialState, readState, type TrainState } from './params.ts'
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
