export { type Rng, rng } from './rng.ts'
