import { type Compile, concatenate, type NDArray } from '@cascade-diffusion/arrays'
import {
  type Cascade,
  type CascadeBatch,
  type CascadeSampleOptions,
  type CascadeStage,
  needsClass,
  type SamplingChanges,
  takingStage,
  takingStages,
  withSampling,
} from '@cascade-diffusion/cascade'
import { CascadeError, checkFlag, checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import { rng } from '@cascade-diffusion/random'
import { currentSampler } from './current-sampler.ts'
import type { Files } from './files.ts'
import { fitted, type GivenImages, readGiven, sizeOfAll, sizesOf } from './given-images.ts'
import { type SampledImages, sampledImages } from './sampled-images.ts'

type LoadedStage = CascadeStage['stage']

/** How it is sampled, and what of. What is left out is as it was saved with the cascade. */
interface CommonOptions
  extends Omit<CascadeSampleOptions, 'rng' | 'lowRes' | 'augmented' | 'count' | 'from'>,
    SamplingChanges {
  /** Fixes the noise: the same seed gives the same images. Default 0. */
  readonly seed?: number
}

/** Options of {@link LoadedCascade.sample}. */
export interface SampleOptions extends CommonOptions {
  /** The number of images. Default: the number of `labels` if they are a list, else 1. */
  readonly count?: number
}

/** Options of {@link LoadedCascade.upscale}. */
export interface UpscaleOptions extends CommonOptions {
  /**
   * The name of the first stage to sample. Default: that which takes the largest images that are not larger than the
   * given ones, or else the first.
   */
  readonly from?: string
  /**
   * Whether images of another size than those that the stage takes are cropped and resized to it. Default true. If not,
   * they may be larger, all of one size, and the results grow by the same factors.
   */
  readonly resize?: boolean
}

/** A cascade that is ready to sample. */
export interface LoadedCascade {
  /** As a value: for `cascadeSampler`, `writeSamples`, `saveCascade` and searches. */
  readonly cascade: Cascade
  /** Its stages, from the smallest images to the largest. */
  readonly stages: readonly LoadedStage[]
  /** The classes that it can be conditioned on; undefined if there are none. */
  readonly classNames: readonly string[] | undefined
  /**
   * Makes images. Classes: `{ label: 'cat' }` for all of them; `{ labels: ['cat', 'dog'] }`, one for each; or
   * `{ labels: 'uniform' }`. Default: the classes in turn.
   */
  sample(options?: SampleOptions): Promise<SampledImages>
  /**
   * Super-resolves images. Their values are rounded to bytes, and their channels become those of the cascade. Stages
   * that are conditioned on classes need a `label` or `labels`, unless they were trained with `labelDropout`.
   */
  upscale(images: GivenImages, options?: UpscaleOptions): Promise<SampledImages>
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

const commonKeys: KnownKeys<CommonOptions> = {
  labels: true,
  label: true,
  levels: true,
  batchSize: true,
  firstIndex: true,
  to: true,
  progress: true,
  stepProgress: true,
  signal: true,
  steps: true,
  sampler: true,
  guidance: true,
  seed: true,
}

const sampleKeys: KnownKeys<SampleOptions> = { ...commonKeys, count: true }
const upscaleKeys: KnownKeys<UpscaleOptions> = { ...commonKeys, from: true, resize: true }

/** The label of no class. */
const noClass = -1

/** Makes a cascade ready to sample. @param files where there are files. */
export function loadedCascade(cascade: Cascade, compile: Compile, files: Files | undefined): LoadedCascade {
  const stages = cascade.stages.map(({ stage }) => stage)
  const classNames = stages.find((stage) => stage.classNames)?.classNames
  const current = currentSampler(compile)

  async function run(options: CommonOptions, given: Partial<CascadeSampleOptions>): Promise<SampledImages> {
    const { seed = 0, steps, sampler: chosen, guidance, ...rest } = options
    const key = rng(seed)
    const changes = { steps, sampler: chosen, guidance }
    const changed = withSampling(cascade, changes)
    return current.use(changes, changed, async (sampler) => {
      const batches: CascadeBatch[] = []
      for await (const batch of sampler.stream({ ...rest, ...given, rng: key })) batches.push(batch)
      const [first] = batches as [CascadeBatch]
      const images = first.images.map((_, i) =>
        concatenate(batches.map(({ images }) => images[i] as NDArray<'float32'>)),
      )
      const labels = first.labels && concatenate(batches.map(({ labels }) => labels as NDArray<'int32'>))
      return sampledImages({ stages: first.stages, images, labels, classNames }, files)
    })
  }

  return {
    cascade,
    stages,
    classNames,
    async sample(options = {}) {
      checkOptions('sample', options, sampleKeys)
      const [first] = stages as [LoadedStage]
      if (first.kind === 'super-resolution' || first.kind === 'resample')
        throw new CascadeError(
          'input',
          `sample: expected a cascade that makes images, got one that begins with '${first.name}', which takes some: ` +
            'upscale(images)',
        )
      const isLabelled = first.kind === 'images' && typeof first.images !== 'function'
      const labels =
        options.labels ?? (classNames && options.label === undefined && !isLabelled ? 'balanced' : undefined)
      const listed = typeof labels === 'object' ? ('shape' in labels ? labels.data.length : labels.length) : undefined
      return run(options, { labels, count: options.count ?? listed ?? 1 })
    },
    async upscale(images, options = {}) {
      checkOptions('upscale', options, upscaleKeys)
      const { from, resize = true, ...rest } = options
      checkFlag('upscale', 'resize', resize)
      const given = await readGiven(images, files)
      const { index, name, imageChannels, size } = takingStage(
        'upscale',
        takingStages('upscale', cascade),
        sizesOf(given),
        from,
      )
      const lowRes = fitted(given, (resize ? size : undefined) ?? sizeOfAll(given), imageChannels)
      const isLabelled = options.label !== undefined || options.labels !== undefined
      const conditional = stages.slice(index).filter(({ classNames }) => classNames)
      const goesWithout = conditional.length > 0 && !conditional.some(needsClass)
      const label = goesWithout && !isLabelled ? noClass : options.label
      return run({ ...rest, label }, { from: name, lowRes })
    },
    dispose: () => current.dispose(),
  }
}
