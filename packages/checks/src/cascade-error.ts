/**
 * What went wrong, for programs:
 * - `input`: an argument or a configuration is wrong; the same call fails again.
 * - `data`: images or labels are missing or damaged.
 * - `checkpoint`: a file of weights or of training is missing, damaged or of another run.
 * - `file`: a file cannot be written.
 * - `download`: a file could not be fetched.
 * - `engine`: an engine is missing or failed.
 * - `training`: a loss or gradient is not finite, or the loss explodes.
 * - `interrupted`: an `AbortSignal` ended the work.
 * - `unsupported`: the input is valid, but this version cannot process it.
 * - `internal`: a defect of this software.
 */
export type ErrorCode =
  | 'input'
  | 'data'
  | 'checkpoint'
  | 'file'
  | 'download'
  | 'engine'
  | 'training'
  | 'interrupted'
  | 'unsupported'
  | 'internal'

/** Registered for the whole process, so that copies of this package recognise each other's errors. */
const marker = Symbol.for('@cascade-diffusion/error')

/**
 * The error that all packages throw. Its `name` is `AbortError` if its code is `interrupted`, as for everything that an
 * `AbortSignal` ends. Recognise it by {@link isCascadeError} rather than `instanceof`: a program may hold several
 * copies of this class.
 */
export class CascadeError extends Error {
  /** @param message `where: expected what, got what`. */
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    const hidden = { enumerable: false, configurable: true, writable: true }
    Object.defineProperty(this, 'name', { ...hidden, value: code === 'interrupted' ? 'AbortError' : 'CascadeError' })
    Object.defineProperty(this, marker, { ...hidden, value: true })
  }
}

/**
 * Whether an error is a {@link CascadeError}, of this copy of the package or another. With `code`, whether it has that
 * code too.
 */
export function isCascadeError(error: unknown, code?: ErrorCode): error is CascadeError {
  if (typeof error !== 'object' || error === null || !(marker in error)) return false
  return code === undefined || (error as unknown as CascadeError).code === code
}

/**
 * Ends work whose signal has aborted.
 * @param where the function that was interrupted: `gridSearch`.
 * @throws {CascadeError} `where: interrupted`, of code `interrupted`, with the reason of the signal as its cause.
 */
export function throwIfAborted(signal: AbortSignal | undefined, where: string): void {
  if (signal?.aborted) throw new CascadeError('interrupted', `${where}: interrupted`, { cause: signal.reason })
}
