import {
  type Compile,
  type DeviceArray,
  disposeAll,
  float32,
  type NDArray,
  type Params,
} from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'
import { globalNorm } from './global-norm.ts'
import { mapParams } from './state.ts'

/**
 * The loss of a batch and its gradients, which stay where they are computed: what is between the two halves of a step.
 */
export interface BatchGradients {
  /** Of the loss times `lossScale`. */
  readonly gradients: Params<NDArray | DeviceArray>
  readonly loss: number
  /** The norm of all gradients of the loss itself, together. */
  readonly gradNorm: number
  /** The loss of each example, if the loss function gives it. */
  readonly each?: Float32Array
  /** What the loss was multiplied by while gradients were taken. Default: not scaled. */
  readonly lossScale?: number
}

/** Whether the loss and the norm of the gradients are finite, so that the step may be taken. */
export const areFinite = ({ loss, gradNorm }: Pick<BatchGradients, 'loss' | 'gradNorm'>): boolean =>
  Number.isFinite(loss) && Number.isFinite(gradNorm)

/** Means of gradients, compiled. */
export interface GradientMean {
  /**
   * The mean of the losses and gradients of equally large batches: those of all their examples together. The norm is
   * that of the mean. The given gradients stay as they are.
   * @throws if there are none, or their losses are scaled differently.
   */
  mean(parts: readonly BatchGradients[]): Promise<BatchGradients>
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

/**
 * Compiles means of gradients: for micro-batches that together are one batch, and for processes that each compute a
 * part of one.
 */
export function gradientMean(compile: Compile): GradientMean {
  const add = compile((a: Params<tf.Tensor>, b: Params<tf.Tensor>) =>
    mapParams(a, (value, name) => tf.add(value, b[name]!)),
  )
  const divide = compile((sum: Params<tf.Tensor>, factor: tf.Scalar) => {
    const gradients = mapParams(sum, (value) => tf.mul(value, factor))
    return { gradients, gradNorm: globalNorm(Object.values(gradients)) }
  })
  return {
    async mean(parts) {
      const [first, ...rest] = parts
      if (!first) throw new CascadeError('input', 'gradientMean: expected gradients, got none')
      const { lossScale } = first
      if (rest.some((part) => part.lossScale !== lossScale))
        throw new CascadeError('input', `gradientMean: expected a single scale of the loss, got several`)
      let sum: Params<NDArray | DeviceArray> = first.gradients
      for (const { gradients } of rest) {
        const next = await add.onDevice(sum as never, gradients as never)
        if (sum !== first.gradients) disposeAll(sum)
        sum = next
      }
      const made = await divide.onDevice(sum as never, float32(1 / parts.length))
      if (sum !== first.gradients) disposeAll(sum)
      const gradNorm = (await made.gradNorm.read()).data[0]! / (lossScale ?? 1)
      made.gradNorm.dispose()
      return {
        gradients: made.gradients,
        loss: parts.reduce((total, { loss }) => total + loss, 0) / parts.length,
        gradNorm,
        each: first.each && Float32Array.from(parts.flatMap(({ each = [] }) => [...each])),
        lossScale,
      }
    },
    async dispose() {
      await Promise.all([add.dispose(), divide.dispose()])
    },
  }
}
