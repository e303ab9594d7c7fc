// What runs functions of tensors, and what they take.

export { type Compile, float32, int32, type NDArray, ndarray } from '@cascade-diffusion/arrays'
export { CascadeError, isCascadeError } from '@cascade-diffusion/checks'
export { availableEngines, jit } from '@cascade-diffusion/jit'
export { eager } from '@cascade-diffusion/ops'
export { type Rng, rng } from '@cascade-diffusion/random'
