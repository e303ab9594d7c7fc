import '@tensorflow/tfjs-backend-cpu'
import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { baseStage, type Stage, superResolutionStage, type TrainedStage } from '@cascade-diffusion/cascade'
import { rng } from '@cascade-diffusion/random'

const process = { schedule: { name: 'cosine', steps: 50 } } as const
const size = { baseChannels: 8, channelMultipliers: [1, 2], residualBlocks: 1, normGroups: 4 }
const common = { imageChannels: 3, classNames: ['left', 'right'], process, network: size }

export const base = baseStage({ name: 'small', resolution: [4, 6], ...common })

/** A stage 4×6 → 6×8 with conditioning augmentation and a learned variance. */
export const superResolving = superResolutionStage({
  ...common,
  name: 'large',
  resolution: [6, 8],
  lowResolution: [4, 6],
  process: { ...process, variance: 'learned-range', noiseInput: 'rescaled-timestep' },
  augmentation: { name: 'gaussian-noise', ...process, maxLevel: 20 },
})

/** Random weights, with which every layer has an effect. In initial weights, some are 0. */
export function drawn(stage: Stage): TrainedStage {
  const key = rng(7).fold(stage.name)
  const params = Object.entries(stage.network.init(key)).map(([name, { data, shape }]): [string, NDArray] => {
    const more = key.fold('more').fold(name).normal(shape).data
    return [
      name,
      ndarray(
        Float32Array.from(data, (w, i) => Number(w) + 0.1 * more[i]!),
        shape,
      ),
    ]
  })
  return { stage, params: Object.fromEntries(params) }
}
