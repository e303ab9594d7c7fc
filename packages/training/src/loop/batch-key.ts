import { type Rng, rng } from '@cascade-diffusion/random'

/** The key of all batches of a run: step k draws by `batchKey(seed).fold(k)`, which {@link train} gives to `batch`. */
export const batchKey = (seed: number): Rng => rng(seed).fold('batch')
