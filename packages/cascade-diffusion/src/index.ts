export { defineCascade } from '@cascade-diffusion/experiment'
export { loadCascade } from './load-cascade.ts'
export type { LoadCascadeOptions } from './loaded/load-options.ts'
