import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { baseStage, type Cascade, type Stage, saveCascade, superResolutionStage } from '@cascade-diffusion/cascade'
import { rng } from '@cascade-diffusion/random'

const process = { schedule: { name: 'cosine', steps: 20 } } as const
const common = {
  imageChannels: 3,
  process,
  network: { baseChannels: 8, channelMultipliers: [1, 2], residualBlocks: 1, normGroups: 4 },
} as const

/** Weights without the zeros that networks begin with, which would hide the conditions. */
const weights = ({ network }: Stage): Params<NDArray> =>
  Object.fromEntries(
    Object.entries(network.init(rng(4))).map(([name, array]) => {
      const data = Float32Array.from(array.data, (x, i) => x + 0.1 * Math.sin(13 * i))
      return [name, { ...array, dtype: 'float32', data }]
    }),
  )

/** For tests: a cascade 8×8 → 16×16 of random weights. @param classNames of the stages; null for none. */
export function tinyCascade(classNames: readonly string[] | null = ['left', 'right'], labelDropout = 0): Cascade {
  const conditions = classNames ? { classNames, labelDropout } : {}
  const base = baseStage({ name: 'base', resolution: 8, ...common, ...conditions })
  const sr = superResolutionStage({
    name: 'sr',
    resolution: 16,
    lowResolution: 8,
    augmentation: { name: 'gaussian-noise', ...process, maxLevel: 15 },
    ...common,
    ...conditions,
  })
  const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: [18, 11, 4] } as const
  return {
    stages: [
      { stage: base, params: weights(base), sampling },
      { stage: sr, params: weights(sr), sampling, level: 6 },
    ],
  }
}

/** For tests: saves it. @returns the folder. */
export async function savedTinyCascade(folder: string, cascade = tinyCascade()): Promise<string> {
  await saveCascade(folder, cascade)
  return folder
}

/** For tests: all files of a folder, by name. */
export const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]))
