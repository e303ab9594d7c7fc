import './gradients.ts'

export { attention } from './attention.ts'
export { type EagerOptions, eager } from './eager.ts'
export { type GroupNormOptions, groupNorm } from './group-norm.ts'
export { depthToSpace, spaceToDepth } from './patches.ts'
export { resizeBilinear, upsampleNearest2x } from './resize.ts'
export { silu } from './silu.ts'
export { stopGradient } from './stop-gradient.ts'
