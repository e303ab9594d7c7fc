import type { NDArray } from '@cascade-diffusion/arrays'
import type { DiffusionProcess } from '@cascade-diffusion/diffusion'
import type { Rng } from '@cascade-diffusion/random'

/** A step for each of n training examples, int32 [n], each of 0 … T-1 as likely as any other. */
export const uniformTimesteps = (n: number, process: DiffusionProcess, rng: Rng): NDArray<'int32'> =>
  rng.integers([n], 0, process.schedule.betas.length)
