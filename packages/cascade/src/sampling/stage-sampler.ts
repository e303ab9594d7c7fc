import { type Compile, type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import {
  classifierFreeGuidance,
  classifierGuidance,
  createSampler,
  type Denoiser,
  denoiser,
  type Frame,
  type Network,
  type ProcessX0,
  type Restart,
  type Sampler,
  type Schedule,
  withoutLabel,
} from '@cascade-diffusion/diffusion'
import type { Rng } from '@cascade-diffusion/random'
import type { Spacing } from '@cascade-diffusion/schedules'
import { closeOver, type UNetCondition } from '@cascade-diffusion/unet'
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { classifierLogProbability, type TrainedClassifier } from '../classifier/load-classifier.ts'
import type { TrainedStage } from '../stage/load-stage.ts'
import type { ScheduleConfig } from '../stage/process-config.ts'
import type { Stage } from '../stage/stage.ts'
import { checkConditions, type Labels } from './check-conditions.ts'
import { checkSampleOptions, checkSamplerOptions, checkTrained, sampledSteps } from './check-sampling.ts'
import { samplingProcess } from './sampling-process.ts'

/** Classifier-free guidance, of a stage that was trained with `labelDropout`. */
export interface GuidanceConfig {
  /** w: 0 ignores the class, 1 is the network as it is, above 1 guides. */
  readonly scale: number
  /** Between which noise inputs it guides, in the unit of the process's `noiseInput`. Default: everywhere. */
  readonly interval?: readonly [low: number, high: number]
}

/**
 * Guidance by a classifier of noisy images (Dhariwal & Nichol 2021), which was trained on the stage's process and resolution, of a
 * class-conditional stage.
 */
export interface ClassifierGuidance {
  readonly classifier: TrainedClassifier
  /** s: how strongly it guides; 0 is the network as it is. */
  readonly scale: number
}

/** Options of {@link stageSampler}. */
export interface StageSamplerOptions {
  /** How to step, e.g. `ddim()`, `unipc()`. */
  readonly sampler: Sampler
  /** The schedule to sample with, chosen after training, if the network is told the noise level. Default: that of training. */
  readonly schedule?: ScheduleConfig | Schedule
  /** Keeps only some steps of the schedule, as Improved DDPM does; steps count those that are left. Default: all. */
  readonly spacing?: Spacing
  /**
   * Where the network is evaluated, decreasing; or at how many steps, evenly spaced from the last to the first. Default: every step of
   * the process; in continuous time there is none, and no count.
   */
  readonly steps?: number | readonly number[]
  /** Where noise is put back: `[{ at: -1, to: 2000 }]` is what the paper does to finished samples (Section 4.2). */
  readonly restarts?: readonly Restart[]
  readonly guidance?: GuidanceConfig | ClassifierGuidance
  /** What is done to predicted images. Default `clipX0`; strong guidance calls for `dynamicThreshold()`. */
  readonly processX0?: ProcessX0
  /** `jit`, or `eager`. */
  readonly compile: Compile
}

/** What one run of a stage makes: one image for each example of its condition. */
export interface StageSampleOptions {
  /** How many images. */
  readonly count: number
  /** The class of each, by index or by name; only of a class-conditional stage. -1 is none, if it was trained with `labelDropout`. */
  readonly labels?: Labels
  /** The small images to enlarge, float32 [count,h,w,C] in [-1, 1]; only of a super-resolution stage. */
  readonly lowRes?: NDArray<'float32'>
  /** s: how strongly `lowRes` is augmented, 0 for not at all; only of a super-resolution stage. */
  readonly level?: number
  /** An image's noise depends on this key and the image's place in the whole set only. */
  readonly rng: Rng
  /** The place of the first image in the whole set. Default 0. */
  readonly firstIndex?: number
  /** Stops before the next step; the run then throws the signal's reason. */
  readonly signal?: AbortSignal
}

/** A trained stage, compiled for sampling with its weights as constants. */
export interface StageSampler {
  readonly stage: TrainedStage['stage']
  /** Yields a frame after each step; the last holds the images. */
  stream(options: StageSampleOptions): AsyncGenerator<Frame, void, undefined>
  /** The images, float32 [count,H,W,C] in [-1, 1]. */
  sample(options: StageSampleOptions): Promise<NDArray<'float32'>>
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

/**
 * Makes a stage ready to sample. A super-resolution stage does non-truncated conditioning augmentation: the finished
 * small images are corrupted anew to the level s, as they were in training, and the network is told s
 * (paper, Section 3.3 and Algorithm 2).
 * @throws if an option is missing or unknown, or the schedule, the spacing or the guidance do not fit the stage; and when sampling,
 * before the first step, if a condition is missing, out of range or has no place, or the steps leave the process; and after a
 * step that gives images that are not finite.
 */
export function stageSampler(trained: TrainedStage, options: StageSamplerOptions): StageSampler {
  checkTrained('stageSampler', trained)
  checkSamplerOptions(trained, options)
  const { stage, params } = trained
  const { sampler, restarts, guidance, processX0, compile } = options
  const network: Network<UNetCondition> = closeOver(stage.network, params)
  const process = samplingProcess(stage, options)
  const steps = sampledSteps(stage.name, process, options.steps)
  const clipping = processX0 ? { processX0 } : {}
  const byClassifier = guidance && 'classifier' in guidance
  const model = createSampler<UNetCondition>({
    process,
    sampler,
    compile,
    ...(byClassifier
      ? { denoiser: classified(stage, denoiser({ network, process }, clipping), guidance) }
      : { network: guidance ? guided(stage, network, guidance) : network, ...clipping }),
  })
  const augment =
    stage.kind === 'super-resolution'
      ? compile((z: Tensor4D, level: Tensor1D, noise: Tensor4D) => stage.augmentation.apply(z, level, noise))
      : undefined

  const prepare = async (options: StageSampleOptions) => {
    checkSampleOptions(trained, options)
    const { count, lowRes, level = 0, rng, firstIndex = 0, signal } = options
    const labels = checkConditions(stage, options)
    const condition: Record<string, NDArray> = {}
    if (labels) condition.label = labels
    if (lowRes && stage.kind === 'super-resolution') {
      const levels = ndarray(new Int32Array(count).fill(level), [count])
      const noise = rng.fold('augmentation').normal(lowRes.shape, firstIndex * sizeOf(lowRes.shape.slice(1)))
      condition.lowRes = (await augment?.(lowRes, levels, noise)) as NDArray
      if (stage.augmentation.embedsLevel) condition.augmentationLevel = levels
    }
    const shape = [count, stage.resolution, stage.resolution, stage.imageChannels]
    const route = { ...(steps && { steps }), ...(restarts && { restarts }) }
    return { shape, condition: condition as never, rng, firstIndex, ...route, ...(signal && { signal }) }
  }

  return {
    stage,
    async *stream(options) {
      const run = await prepare(options)
      try {
        yield* model.stream(run)
      } catch (error) {
        throw named(stage, error)
      }
    },
    async sample(options) {
      return model.sample(await prepare(options)).catch((error) => Promise.reject(named(stage, error)))
    },
    async dispose() {
      await Promise.all([model.dispose(), augment?.dispose()])
    },
  }
}

/** What the driver says of a run, with whose it is. */
function named({ name }: Stage, error: unknown): unknown {
  if (!(error instanceof Error && error.message.startsWith('sample: '))) return error
  return new CascadeError('input', `stage '${name}': ${error.message.slice('sample: '.length)}`, { cause: error })
}

function guided({ name, labelDropout }: Stage, network: Network<UNetCondition>, guidance: GuidanceConfig) {
  if (labelDropout === 0)
    throw new CascadeError(
      'input',
      `stage '${name}': expected a stage that was trained with labelDropout for guidance, got one without`,
    )
  return classifierFreeGuidance(network, { ...guidance, unconditional: withoutLabel() })
}

function classified(
  { name, classNames, resolution }: Stage,
  denoise: Denoiser<UNetCondition>,
  guidance: ClassifierGuidance,
) {
  const { classifier, scale } = guidance
  const { classes, resolution: size } = classifier.classifier.config
  if (classNames?.length !== classes || size !== resolution)
    throw new CascadeError(
      'input',
      `stage '${name}': expected a classifier of ${classNames?.length ?? 'no'} classes at ${resolution}×${resolution}, as the stage has, ` +
        `got one of ${classes} at ${size}`,
    )
  return classifierGuidance(denoise, { logProbability: classifierLogProbability(classifier), scale })
}
