import type { ArraysOf, NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, isCascadeError } from '@cascade-diffusion/checks'
import { type AugmentationDraw, defaultLevel } from '@cascade-diffusion/conditioning-augmentation'
import { checkRoute, createSampler, type Frame, type Network, processesX0 } from '@cascade-diffusion/diffusion'
import { closeOver, type UNetCondition } from '@cascade-diffusion/unet'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import type { TrainedStage } from '../../stage/described-stage.ts'
import type { Stage } from '../../stage/stage.ts'
import { guidances } from '../guidance/guidance-table.ts'
import { checkConditions } from './check-conditions.ts'
import { checkSampleOptions, checkSamplerOptions, checkTrained } from './check-sampling.ts'
import { stageRoute } from './sampling-process.ts'
import type { StageSampleOptions, StageSamplerOptions } from './stage-sampler-options.ts'

export type { SamplingChoices, StageSampleOptions, StageSamplerOptions } from './stage-sampler-options.ts'

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
 * Makes a stage ready to sample. A super-resolution stage is conditioned on s and on z_s: on finished small images that
 * are corrupted to the level s as in training (paper, Section 3.3), or on those of a stage that was stopped at s
 * (Section 3.2, Algorithm 2). `truncatedStop` says where.
 * @throws if an option is missing or unknown; if the schedule, the spacing or the guidance do not fit the stage; or if a
 * step is outside the process, or a restart does not fit. Sampling throws before its first step if a condition is
 * missing, out of range or unexpected; and after a step whose images are not finite.
 */
export function stageSampler(trained: TrainedStage, options: StageSamplerOptions): StageSampler {
  checkTrained('stageSampler', trained)
  checkSamplerOptions(trained, options)
  const { stage } = trained
  const { restarts, guidance, compile } = options
  const network = boundNetwork(trained)
  const where = `stage '${stage.name}'`
  const { process, sampler, steps } = stageRoute(stage, options)
  try {
    checkRoute(process, sampler, { steps, restarts })
  } catch (error) {
    throw named(stage, error)
  }
  const processX0 =
    options.processX0 === undefined || typeof options.processX0 === 'function'
      ? options.processX0
      : processesX0.of(`${where}: processX0`, options.processX0)
  const unguided = { network, processX0 }
  const model = createSampler<UNetCondition>({
    process,
    sampler,
    compile,
    ...(guidance ? guidances.of(`${where}: guidance`, guidance, { stage, process, ...unguided }) : unguided),
  })
  const augmentation = stage.kind === 'super-resolution' ? stage.augmentation : undefined
  // Without levels there is only level 0, which leaves the small images as they are.
  const augment =
    augmentation &&
    augmentation.maxLevel > 0 &&
    compile((z: Tensor4D, drawn: AugmentationDraw) => augmentation.apply(z, drawn))

  const prepare = async (options: StageSampleOptions) => {
    checkSampleOptions(trained, options)
    const { count, lowRes, augmented = false, stop, rng, firstIndex = 0, progress, signal } = options
    const label = checkConditions(stage, options)
    const level = options.level ?? (augmentation && defaultLevel(augmentation))
    const drawn = lowRes && augmentation?.draw({ shape: lowRes.shape, rng, level, firstIndex })
    const condition: ArraysOf<UNetCondition> = {
      label,
      lowRes: lowRes && drawn && augment && !augmented ? await augment(lowRes, drawn) : lowRes,
      augmentationLevel: drawn?.level,
    }
    const shape = [count, ...stage.size, stage.imageChannels]
    return { shape, condition, rng, firstIndex, steps, stop, restarts, progress, signal }
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
      await Promise.all([model.dispose(), augment ? augment.dispose() : undefined])
    },
  }
}

/** @throws with the name of the stage, unless the weights are those of its network. */
function boundNetwork({ stage: { name, network }, params }: TrainedStage): Network<UNetCondition> {
  try {
    return closeOver(network, params)
  } catch (cause) {
    if (!isCascadeError(cause)) throw cause
    throw new CascadeError(cause.code, `stage '${name}': ${cause.message.replace(/^closeOver: /, '')}`, { cause })
  }
}

/** An error of the driver, with the name of the stage. */
function named({ name }: Stage, error: unknown): unknown {
  if (!(isCascadeError(error) && error.message.startsWith('sample: '))) return error
  // The signal's reason stays the cause.
  const cause = error.code === 'interrupted' ? error.cause : error
  return new CascadeError(error.code, `stage '${name}': ${error.message.slice('sample: '.length)}`, { cause })
}
