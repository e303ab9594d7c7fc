import {
  type ArraysOf,
  type Compile,
  type DeviceArray,
  disposeAll,
  donate,
  float32,
  type NDArray,
} from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import type { AdamOptions } from '../optimizers/adam.ts'
import { clipFactor } from '../optimizers/clip.ts'
import type { TrainState } from './params.ts'
import { hyperparameters, type Loss, lossGradients, updateState } from './train-step.ts'

/** Options of {@link trainer}. */
export interface TrainerOptions extends AdamOptions {
  /** The largest norm of all gradients together; larger ones are scaled down. 1; `Infinity` for none. */
  readonly clipNorm?: number
  /** The decay of the weights' moving average that `emaDecay` rises to; 0.9999. */
  readonly emaDecay?: number
}

/** The names of {@link TrainerOptions}. */
export const trainerKeys: KnownKeys<TrainerOptions> = {
  beta1: true,
  beta2: true,
  epsilon: true,
  clipNorm: true,
  emaDecay: true,
}

/** What a step depends on besides the state and the batch. */
export interface StepOptions {
  /** Which update of the state it is: 0, 1, … */
  readonly t: number
  readonly learningRate: number
  /** What the loss is multiplied by while its gradients are taken, for a `compile` in float16; either all steps have one, or none. */
  readonly lossScale?: number
}

/** A state whose arrays are on the host, or where they are computed. */
export type AnyTrainState = TrainState<NDArray | DeviceArray>

/** What {@link Trainer.step} gives. */
export interface StepResult {
  /** The next state; the old one if the step was not taken. */
  readonly state: AnyTrainState
  /** Whether the loss and the norm of the gradients were finite. */
  readonly taken: boolean
  /** The loss at the old state, and the norm of its gradients, before clipping. */
  readonly loss: number
  readonly gradNorm: number
  /** The loss of each example, if the loss is that of each. */
  readonly each?: Float32Array
}

/** Training steps, compiled. */
export interface Trainer<Batch> {
  /**
   * One step: the loss and its gradients, and if they are finite, clipping, Adam and the moving average. The state is given up:
   * from the second step on the next one is written to its memory.
   */
  step(state: AnyTrainState, batch: ArraysOf<Batch>, options: StepOptions): Promise<StepResult>
  /** Frees what the engine holds. The state is disposed of by whoever has it. */
  dispose(): Promise<void>
}

/**
 * Compiles the two halves of a training step. A state of host arrays is left as it is; read what `step` gives with
 * {@link readState}.
 */
export function trainer<Batch>(compile: Compile, loss: Loss<Batch>, options: TrainerOptions = {}): Trainer<Batch> {
  checkOptions('trainer', options, trainerKeys)
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      throw new CascadeError('input', `trainer: expected ${name}, a number from 0, got ${shown(value)}`)
  checkFunction('trainer', 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  checkFunction('trainer', 'loss', loss)
  const { clipNorm = 1, ...hyper } = options
  const gradientsOf = compile(lossGradients(loss))
  const update = compile(updateState(options))
  return {
    async step(state, batch, { t, learningRate, lossScale }) {
      const scale = lossScale === undefined ? [] : [float32(lossScale)]
      const { gradients, ...values } = await gradientsOf.onDevice(state.params, batch, ...(scale as [NDArray]))
      try {
        const [loss, gradNorm] = [await numberOf(values.loss), await numberOf(values.gradNorm)]
        const each = values.each && ((await values.each.read()).data as Float32Array)
        const told = { loss, gradNorm, ...(each && { each }) }
        if (!(Number.isFinite(loss) && Number.isFinite(gradNorm))) return { state, taken: false, ...told }
        const factor = clipFactor(gradNorm, clipNorm) / (lossScale ?? 1)
        const scaled = clipNorm !== Number.POSITIVE_INFINITY || lossScale !== undefined
        const numbers = hyperparameters(t, learningRate, { ...hyper, ...(scaled && { factor }) })
        const next: AnyTrainState = await update.onDevice(donate(state), gradients, numbers)
        return { state: next, taken: true, ...told }
      } finally {
        disposeAll([gradients, values])
      }
    },
    async dispose() {
      await Promise.all([gradientsOf.dispose(), update.dispose()])
    },
  }
}

const numberOf = async (scalar: DeviceArray): Promise<number> => (await scalar.read()).data[0]!
