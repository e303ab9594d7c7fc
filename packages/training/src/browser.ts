// What browsers get in place of index.ts: all that needs no files.

export { type ConstantRateConfig, constantRate } from './learning-rate/constant.ts'
export { type CosineRateConfig, cosineRate } from './learning-rate/cosine.ts'
export type { LearningRate, LearningRateOptions } from './learning-rate/learning-rate.ts'
export { type LearningRateConfig, learningRateOf, learningRates } from './learning-rate/learning-rate-table.ts'
export { batchKey } from './loop/batch-key.ts'
export { type AdamConfig, type AdamOptions, adam } from './optimizers/adam.ts'
export { type AdamWConfig, type AdamWOptions, adamw } from './optimizers/adamw.ts'
export { chain } from './optimizers/chain.ts'
export {
  type ClipByGlobalNormConfig,
  type ClipByGlobalNormOptions,
  clipByGlobalNorm,
} from './optimizers/clip-by-global-norm.ts'
export { type Optimizer, type OptimizerConfig, optimizerOf, optimizers } from './optimizers/optimizer-table.ts'
export { type SgdConfig, type SgdOptions, sgd } from './optimizers/sgd.ts'
export {
  type GradientTransformation,
  type TransformationConfig,
  type Update,
  type UpdateContext,
  type UpdateInput,
  zerosLike,
} from './optimizers/transformation.ts'
export { type WeightDecayConfig, type WeightDecayOptions, weightDecay } from './optimizers/weight-decay.ts'
export { type AverageConfig, type Averages, emaDecay, emaUpdate } from './step/averages.ts'
export { globalNorm } from './step/global-norm.ts'
export { type BatchGradients, type GradientMean, gradientMean } from './step/gradients.ts'
export { type Loss, type LossGradients, type LossOfEach, lossGradients } from './step/loss-gradients.ts'
export { initialLossScale, type LossScale, type LossScaling, nextLossScale } from './step/loss-scale.ts'
export { type Packing, packedName, packSmall } from './step/packing.ts'
export { refuseMoved } from './step/refuse-moved.ts'
export { type AnyTrainState, type ParamsByName, readState, type TrainState } from './step/state.ts'
export {
  type StepOptions,
  type StepResult,
  type Trainer,
  type TrainerOptions,
  trainer,
  type UpdateOptions,
} from './step/trainer.ts'
export {
  type ScaledContext,
  type Updater,
  type UpdaterConfig,
  type UpdaterOptions,
  updater,
} from './step/updater.ts'
