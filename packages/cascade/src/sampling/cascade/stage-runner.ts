import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { type ImageSize, shownSize } from '@cascade-diffusion/data'
import type { NoiseLevel } from '@cascade-diffusion/diffusion'
import type { Rng } from '@cascade-diffusion/random'
import { type CascadeStage, isDiffusionStage } from '../../cascade/cascade.ts'
import { type ImagesStage, type LabelledImages, readStageImages } from '../../kinds/images-stage.ts'
import { resampleImages } from '../../kinds/resample-images.ts'
import type { TrainedStage } from '../../stage/described-stage.ts'
import type { Stage } from '../../stage/stage.ts'
import type { StageNetwork } from '../../stage/stage-network.ts'
import { type StageSampler, type StageSamplerOptions, stageSampler } from '../stage/stage-sampler.ts'

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
  /** Called after each step of a diffusion model. */
  readonly progress?: (progress: { readonly step: number; readonly steps: number }) => void
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
export function stageRunner(given: CascadeStage, compile: Compile): StageRunner {
  if (isDiffusionStage(given)) return diffusionRunner(given, { ...given.sampling, compile })
  const { stage } = given
  if (stage.kind === 'images') return imagesRunner(stage)
  return {
    prepare() {},
    run: async ({ lowRes, size }) => ({
      images: resampleImages(lowRes as NDArray<'float32'>, size, stage.method),
    }),
    async dispose() {},
  }
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
