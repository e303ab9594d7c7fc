import { CascadeError } from '@cascade-diffusion/checks'
import type { TrainResult } from './options.ts'

/**
 * Thrown by a run that its `signal` ended before the last step, once its checkpoint is saved. So nothing that follows,
 * such as the next stage of a cascade, begins with half-trained weights. Its `code` is `interrupted`, its `name`
 * `AbortError`, and its `cause` the signal's reason, as of everything that a signal ends.
 */
export class TrainingInterrupted extends CascadeError {
  /** @param result the state of training when it ended. */
  constructor(
    message: string,
    readonly result: TrainResult,
    options?: ErrorOptions,
  ) {
    super('interrupted', message, options)
    // Node.js prints enumerable properties of an uncaught error, which would be all weights.
    Object.defineProperty(this, 'result', { enumerable: false })
  }
}
