import type { TrainProgress } from '@cascade-diffusion/training'

/** A line of `metrics.jsonl`. */
export interface LoggedStep {
  /** The stage, or the evaluator. */
  readonly model: string
  /** Steps done. */
  readonly step: number
  /** The mean of the losses since the line before; null if none of those steps was taken. */
  readonly loss: number | null
  /** Of this step, before clipping; null if it was not finite. */
  readonly gradNorm: number | null
  readonly learningRate: number
}

/** Steps between two lines: at most some thousand lines for a model. */
const everyOf = (steps: number): number => Math.max(10, Math.ceil(steps / 1000))

/** Whether a step has a line: one of so many, and the last. */
export const isLogged = ({ step, steps }: Pick<TrainProgress, 'step' | 'steps'>): boolean =>
  step % everyOf(steps) === 0 || step === steps

/** The line of a step. It follows from the training alone, whenever that was resumed. */
export function loggedStep(
  model: string,
  {
    step,
    steps,
    losses,
    gradNorm,
    learningRate,
  }: Pick<TrainProgress, 'step' | 'steps' | 'losses' | 'gradNorm' | 'learningRate'>,
): LoggedStep {
  const every = everyOf(steps)
  const taken = losses.subarray(Math.floor((step - 1) / every) * every, step).filter(Number.isFinite)
  const loss = taken.length > 0 ? taken.reduce((sum, each) => sum + each, 0) / taken.length : null
  return { model, step, loss, gradNorm: Number.isFinite(gradNorm) ? gradNorm : null, learningRate }
}
