import { type NDArray, ndarray, type Params } from '@cascade-diffusion/arrays'
import {
  baseStage,
  type Cascade,
  type SuperResolutionStageOptions,
  saveCascade,
  superResolutionStage,
} from '@cascade-diffusion/cascade'
import { rng } from '@cascade-diffusion/random'

const schedule = { name: 'cosine', steps: 20 } as const
// A network of random weights that predicts noise would make images of nothing but -1 and 1.
const process = { schedule, prediction: 'x0' } as const
const common = {
  imageChannels: 3,
  process,
  network: { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 },
}
const sampling = { sampler: { name: 'ddim' }, steps: 3 } as const

/** A cascade 4×4 → 8×8 of random weights, which is sampled in three steps. */
export function tinyCascade(changes: Partial<SuperResolutionStageOptions> = {}): Cascade {
  const classNames = ['cat', 'dog']
  const base = baseStage({ ...common, name: 'base', resolution: 4, classNames })
  const large = superResolutionStage({
    ...common,
    name: 'large',
    resolution: 8,
    lowResolution: 4,
    augmentation: { name: 'gaussian-noise', schedule, maxLevel: 10 },
    ...changes,
  })
  const trained = (stage: typeof base | typeof large) => ({
    stage,
    params: noise(stage.network.init(rng(1))),
    sampling,
  })
  return { stages: [trained(base), { ...trained(large), level: 2 }] }
}

/** Small random weights in the places of all, also of those that begin as zeros. */
const noise = (params: Params<NDArray>): Params<NDArray> =>
  Object.fromEntries(
    Object.entries(params).map(([name, { shape }]) => {
      const { data } = rng(2).fold(name).normal(shape)
      return [
        name,
        ndarray(
          data.map((x) => x / 8),
          shape,
        ),
      ]
    }),
  )

/** Saves it to a folder. @returns the folder. */
export async function savedTinyCascade(
  folder: string,
  changes?: Partial<SuperResolutionStageOptions>,
): Promise<string> {
  await saveCascade(folder, tinyCascade(changes))
  return folder
}
