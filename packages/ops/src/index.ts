import './gradients.ts'

export { type EagerOptions, eager } from './eager.ts'
export { attention } from './operations/attention.ts'
export { type DropoutOptions, dropout } from './operations/dropout.ts'
export { type GroupNormOptions, groupNorm } from './operations/group-norm.ts'
export { oneHot } from './operations/one-hot.ts'
export { depthToSpace, spaceToDepth } from './operations/patches.ts'
export { recompute } from './operations/recompute.ts'
export {
  type ResizeMethod,
  type ResizeOptions,
  resizeBicubic,
  resizeBilinear,
  resizeMatrix,
  upsampleNearest2x,
} from './operations/resize.ts'
export { silu } from './operations/silu.ts'
export { stopGradient } from './operations/stop-gradient.ts'
