import { float32 } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import { type ModelName, models } from './models.ts'
import type { Batch } from './network-ours.ts'

/** Noisy images, noise and times, always the same. */
export function batchFor(model: ModelName, n: number): Batch {
  const { resolution, imageChannels } = models[model]
  const images = [n, resolution, resolution, imageChannels]
  return {
    x: rng(0).fold('x').normal(images),
    noise: rng(0).fold('noise').normal(images),
    t: float32(rng(0).fold('t').integers([n], 0, 1000).data),
  }
}
