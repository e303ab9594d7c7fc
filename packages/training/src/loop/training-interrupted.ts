import { CascadeError } from '@cascade-diffusion/checks'
import type { TrainResult } from './train.ts'

/**
 * Thrown by a run that its `signal` ended before the last step, once its checkpoint is saved: so that nothing behind it, such as
 * the next stage of a cascade, begins with half-trained weights. Its `name` is `AbortError`, as of all that a signal ends, and its `cause`
 * the signal's reason.
 */
export class TrainingInterrupted extends CascadeError {
  /** @param result what training had come to. */
  constructor(
    message: string,
    readonly result: TrainResult,
    options?: ErrorOptions,
  ) {
    super('interrupted', message, options)
    // Or Node.js would print all weights of a run that nobody catches.
    Object.defineProperty(this, 'result', { enumerable: false })
  }
}
