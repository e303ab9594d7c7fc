import {
  type ArraysOf,
  type Compile,
  type DeviceArray,
  disposeAll,
  donate,
  float32,
  type NDArray,
  type Params,
} from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { areFinite, type BatchGradients } from './gradients.ts'
import { type Loss, lossGradients } from './loss-gradients.ts'
import { refuseMoved } from './refuse-moved.ts'
import type { AnyTrainState, TrainState } from './state.ts'
import { type UpdaterOptions, updater } from './updater.ts'

/** Options of {@link trainer}. */
export interface TrainerOptions extends UpdaterOptions {
  /**
   * What is made of a batch's gradients before the update: by `gradientMean`, the mean over the parts of a batch that
   * other processes or earlier calls have computed. What it is given is disposed of after the step, and so is what it
   * gives. Default: nothing.
   */
  readonly reduce?: (gradients: BatchGradients) => BatchGradients | Promise<BatchGradients>
}

/** The names of {@link TrainerOptions}. */
export const trainerKeys: KnownKeys<TrainerOptions> = { optimizer: true, clipNorm: true, averages: true, reduce: true }

/** What an update depends on besides the state and the gradients. */
export interface UpdateOptions {
  /** Which update of the state it is: 0, 1, … */
  readonly t: number
  readonly learningRate: number
}

/** What a step depends on besides the state and the batch. */
export interface StepOptions extends UpdateOptions {
  /**
   * What the loss is multiplied by while its gradients are taken, for a `compile` in float16. Either all steps have
   * one, or none.
   */
  readonly lossScale?: number
}

/** What {@link Trainer.step} gives. */
export interface StepResult {
  /** The next state; the old one if the step was not taken. */
  readonly state: AnyTrainState
  /** Whether the loss and the norm of the gradients were finite. */
  readonly taken: boolean
  /** The loss at the old state, and the norm of its gradients, before clipping. */
  readonly loss: number
  readonly gradNorm: number
  /** The loss of each example of the batch, if the loss function gives it; `reduce` has no part in it. */
  readonly each?: Float32Array
}

/** Training steps, compiled. */
export interface Trainer<Batch> {
  /** The state before the first step. All arrays are new. */
  init(params: Params<NDArray>): TrainState<NDArray>
  /**
   * One step: `gradients`, `reduce`, and if all is finite, `update`. The state is given up: from the second step on the
   * next one is written to its memory.
   */
  step(state: AnyTrainState, batch: ArraysOf<Batch>, options: StepOptions): Promise<StepResult>
  /** The first half of a step: the loss and its gradients. Whoever calls disposes of them, by `disposeAll`. */
  gradients(
    state: AnyTrainState,
    batch: ArraysOf<Batch>,
    options?: Pick<StepOptions, 'lossScale'>,
  ): Promise<BatchGradients>
  /**
   * The second half: the optimiser and the moving averages. The state is given up; the gradients, which must be finite,
   * stay.
   */
  update(state: AnyTrainState, gradients: BatchGradients, options: UpdateOptions): Promise<AnyTrainState>
  /** Frees what the engine holds. The state is disposed of by whoever has it. */
  dispose(): Promise<void>
}

/**
 * Compiles the two halves of a training step. A state of host arrays is left as it is; read what `step` gives with
 * {@link readState}.
 * @throws if an option is unknown or wrong.
 */
export function trainer<Batch>(compile: Compile, loss: Loss<Batch>, options: TrainerOptions = {}): Trainer<Batch> {
  refuseMoved('trainer', options)
  checkOptions('trainer', options, trainerKeys)
  checkFunction('trainer', 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  checkFunction('trainer', 'loss', loss)
  const { reduce, ...update } = options
  if (reduce !== undefined) checkFunction('trainer', 'reduce', reduce)
  const second = updater(update, 'trainer')
  const gradientsOf = compile(lossGradients(loss))
  const updated = compile(second.update)

  const made: Omit<Trainer<Batch>, 'step'> = {
    init: second.init,
    async gradients(state, batch, { lossScale } = {}) {
      const scale = lossScale === undefined ? [] : [float32(lossScale)]
      const { gradients, ...values } = await gradientsOf.onDevice(state.params, batch, ...(scale as [NDArray]))
      try {
        const [loss, gradNorm] = [await numberOf(values.loss), await numberOf(values.gradNorm)]
        const each = values.each && ((await values.each.read()).data as Float32Array)
        return { gradients, loss, gradNorm, each, lossScale }
      } finally {
        disposeAll(values)
      }
    },
    async update(state, { gradients, gradNorm, lossScale }, { t, learningRate }) {
      const scalars = second.scalars({ t, learningRate, gradNorm, lossScale })
      return updated.onDevice(donate(state), gradients, scalars)
    },
    async dispose() {
      await Promise.all([gradientsOf.dispose(), updated.dispose()])
    },
  }
  return {
    ...made,
    async step(state, batch, { lossScale, ...options }) {
      const own = await made.gradients(state, batch, { lossScale })
      let reduced = own
      try {
        if (reduce) reduced = checkedReduced(await reduce(own))
        const { loss, gradNorm } = reduced
        const values = { loss, gradNorm, each: own.each }
        if (!areFinite(reduced)) return { state, taken: false, ...values }
        return { state: await made.update(state, reduced, options), taken: true, ...values }
      } finally {
        disposeAll([own.gradients, reduced.gradients])
      }
    },
  }
}

function checkedReduced(reduced: BatchGradients): BatchGradients {
  const { gradients, loss, gradNorm } = (reduced ?? {}) as Partial<BatchGradients>
  if (typeof gradients === 'object' && gradients && typeof loss === 'number' && typeof gradNorm === 'number')
    return reduced
  throw new CascadeError(
    'input',
    `trainer: expected reduce to give { gradients, loss, gradNorm }, as it is given, got ${shown(reduced)}`,
  )
}

const numberOf = async (scalar: DeviceArray): Promise<number> => (await scalar.read()).data[0]!
