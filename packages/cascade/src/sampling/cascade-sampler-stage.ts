import type { Compile, NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { type ImageSize, shownSize } from '@cascade-diffusion/data'
import type { NoiseLevel } from '@cascade-diffusion/diffusion'
import type { Rng } from '@cascade-diffusion/random'
import type { AnyStage } from '../cascade/check-chain.ts'
import { type ImagesStage, type LabelledImages, readStageImages } from '../kinds/images-stage.ts'
import { resampleImages } from '../kinds/resample-images.ts'
import type { TrainedStage } from '../stage/load-stage.ts'
import type { Stage } from '../stage/stage.ts'
import type { StageNetwork } from '../stage/stage-network.ts'
import { type StageSampler, type StageSamplerOptions, stageSampler } from './stage-sampler.ts'

/** A stage of a sampler, as the cascade or the list of trained stages gave it. */
export interface SamplerStage {
  readonly stage: AnyStage
  /** The weights of a diffusion model. */
  readonly params?: Params<NDArray>
  /** How a diffusion model is sampled. */
  readonly sampling?: Omit<StageSamplerOptions, 'compile'>
  readonly level?: number
  readonly truncated?: boolean
}

/** One batch for a stage. */
export interface StageBatch {
  readonly count: number
  readonly firstIndex: number
  /** The key of the stage. */
  readonly rng: Rng
  readonly labels?: NDArray<'int32'>
  readonly lowRes?: NDArray<'float32'>
  /** The size of the images to make. */
  readonly size: ImageSize
  readonly level?: number
  readonly augmented?: boolean
  readonly stop?: NoiseLevel
  readonly signal?: AbortSignal
}

/** A stage that is ready to make images. */
export interface StageRunner {
  /** @throws if the stage cannot make images of a size from smaller ones of another: before anything is computed. */
  prepare(size: ImageSize, lowSize: ImageSize | undefined): void
  run(batch: StageBatch): Promise<LabelledImages>
  dispose(): Promise<void>
}

/** @throws as `stageSampler`. */
export function stageRunner({ stage, params, sampling }: SamplerStage, compile: Compile): StageRunner {
  if (stage.kind === 'images') return imagesRunner(stage)
  if (stage.kind === 'resample')
    return {
      prepare() {},
      run: async ({ lowRes, size }) => ({
        images: resampleImages(lowRes as NDArray<'float32'>, size, stage.method),
      }),
      async dispose() {},
    }
  const options = { ...(sampling as StageSamplerOptions), compile }
  return diffusionRunner({ stage, params: params as Params<NDArray> }, options)
}

const imagesRunner = (stage: ImagesStage): StageRunner => ({
  prepare() {},
  run: ({ count, firstIndex, labels, rng, signal }) =>
    readStageImages(stage, { count, firstIndex, labels, rng, signal }),
  async dispose() {},
})

/** Its networks are compiled when they are first run, one for each size. */
function diffusionRunner(trained: TrainedStage, options: StageSamplerOptions): StageRunner {
  const samplers = new Map<string, StageSampler>([[String(trained.stage.size), stageSampler(trained, options)]])
  return {
    prepare(size, lowSize) {
      if (samplers.has(String(size))) return
      const stage = resizedStage(trained.stage, size, lowSize)
      samplers.set(String(size), stageSampler({ stage, params: trained.params }, options))
    },
    async run({ size, ...batch }) {
      return { images: await (samplers.get(String(size)) as StageSampler).sample(batch) }
    },
    async dispose() {
      await Promise.all([...samplers.values()].map((sampler) => sampler.dispose()))
    },
  }
}

function resizedNetwork({ name, network }: Stage, size: ImageSize): StageNetwork {
  try {
    return (network.resized as NonNullable<StageNetwork['resized']>)(size)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : shown(cause)
    throw new CascadeError('input', `stage '${name}': expected a network for images of ${shownSize(size)}: ${reason}`, {
      cause,
    })
  }
}

/** The stage with the same weights for images of another size. */
function resizedStage(stage: Stage, size: ImageSize, lowSize: ImageSize | undefined): Stage {
  const network = resizedNetwork(stage, size)
  if (stage.kind === 'base') return { ...stage, size, network }
  return { ...stage, size, lowSize: lowSize as ImageSize, network }
}
