// Samplers.

export { ancestral, ddim, ddimInversion, dpmSolver, heun, type Sampler, unipc } from '@cascade-diffusion/diffusion'
