import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import type { AugmentationDraw } from '@cascade-diffusion/conditioning-augmentation'
import type { DiffusionProcess } from '@cascade-diffusion/diffusion'
import { type BitsPerDim, bitsPerDim } from '@cascade-diffusion/losses'
import type { Rng } from '@cascade-diffusion/random'
import { closeOver, type UNetCondition } from '@cascade-diffusion/unet'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import type { StagePlan } from './stage-plans.ts'

/** Real images for a stage. */
export interface StageImages {
  readonly x0: NDArray<'float32'>
  readonly label: NDArray<'int32'> | undefined
  /** The real small images, of a super-resolution stage. */
  readonly lowRes: NDArray<'float32'> | undefined
  readonly rng: Rng
  readonly firstIndex: number
  readonly signal?: AbortSignal
}

/** A stage, compiled for the evaluation of its bound. */
export interface StageBitsEvaluator {
  evaluate(images: StageImages): Promise<BitsPerDim>
  dispose(): Promise<void>
}

/** Compiles a stage for the evaluation of its bound on real images, given augmented small ones. */
export function stageBits({ stage, params, processX0, level, stop }: StagePlan, compile: Compile): StageBitsEvaluator {
  const evaluator = bitsPerDim<UNetCondition>({
    network: closeOver(stage.network, params),
    process: stage.process as DiffusionProcess,
    processX0,
    compile,
  })
  const augmentation = stage.kind === 'super-resolution' ? stage.augmentation : undefined
  // Without levels there is only level 0, which leaves the small images as they are.
  const augment =
    augmentation &&
    augmentation.maxLevel > 0 &&
    compile((z: Tensor4D, drawn: AugmentationDraw) => augmentation.apply(z, drawn))
  return {
    async evaluate({ x0, label, lowRes, rng, firstIndex, signal }) {
      const drawn = lowRes && augmentation?.draw({ shape: lowRes.shape, rng, level, firstIndex })
      const condition = {
        label,
        lowRes: lowRes && drawn && augment ? await augment(lowRes, drawn) : lowRes,
        augmentationLevel: drawn?.level,
      }
      return evaluator.evaluate({ x0, condition, rng, firstIndex, stop, signal })
    },
    async dispose() {
      await Promise.all([evaluator.dispose(), augment ? augment.dispose() : undefined])
    },
  }
}
