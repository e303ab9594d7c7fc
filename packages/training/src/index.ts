// What needs files; the rest is in browser.ts.
export * from './browser.ts'
export {
  type Checkpoint,
  type Description,
  type LoadEmaOptions,
  loadCheckpoint,
  loadEma,
  saveCheckpoint,
} from './checkpoint/checkpoint.ts'
export { prepareCheckpoint } from './checkpoint/checkpoint-path.ts'
export { type CheckpointProgress, checkpointProgress } from './checkpoint/checkpoint-progress.ts'
export { differences } from './checkpoint/differences.ts'
export { previousPath } from './checkpoint/file.ts'
export { batchKey } from './loop/batch-key.ts'
export {
  type BatchMemory,
  type CheckpointOptions,
  type TrainObserver,
  type TrainOptions,
  type TrainProgress,
  type TrainResult,
  type TrainSnapshot,
  trainKeys,
} from './loop/options.ts'
export { trainSchemas } from './loop/schemas.ts'
export { train } from './loop/train.ts'
export { TrainingInterrupted } from './loop/training-interrupted.ts'
