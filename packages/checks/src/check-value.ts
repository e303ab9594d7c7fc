import { CascadeError } from './cascade-error.ts'
import { shown } from './shown.ts'

/** A range of numbers; both ends belong to it. */
export interface NumberRange {
  /** Default -∞. */
  readonly from?: number
  /** Default ∞. */
  readonly to?: number
}

/**
 * Returns the value if it is an integer within a range.
 * @param where the function that checks: `train`.
 * @param what the argument: `steps`.
 * @throws `where: expected what, an integer from 1, got 'ten'`
 */
export function checkInteger(where: string, what: string, value: unknown, range: NumberRange = {}): number {
  return checked(where, what, value, 'an integer', Number.isSafeInteger(value), range)
}

/** As {@link checkInteger}, for finite numbers. */
export function checkNumber(where: string, what: string, value: unknown, range: NumberRange = {}): number {
  return checked(where, what, value, 'a number', Number.isFinite(value), range)
}

function checked(
  where: string,
  what: string,
  value: unknown,
  kind: string,
  ok: boolean,
  { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: NumberRange,
): number {
  const number = value as number
  if (ok && number >= from && number <= to) return number
  const range = (Number.isFinite(from) ? ` from ${from}` : '') + (Number.isFinite(to) ? ` to ${to}` : '')
  throw new CascadeError('input', `${where}: expected ${what}, ${kind}${range}, got ${shown(value)}`)
}

/**
 * Returns the value if it is true or false.
 * @throws `where: expected what, true or false, got 'yes'`
 */
export function checkFlag(where: string, what: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw new CascadeError('input', `${where}: expected ${what}, true or false, got ${shown(value)}`)
}

/**
 * Returns the value if it is a function.
 * @param example an example for the error: `jit, or eager of @cascade-diffusion/ops`.
 * @throws `where: expected what, a function (jit, …), got undefined`
 */
export function checkFunction<T>(where: string, what: string, value: T, example?: string): T {
  if (typeof value === 'function') return value
  throw new CascadeError(
    'input',
    `${where}: expected ${what}, a function${example ? ` (${example})` : ''}, got ${shown(value)}`,
  )
}

/**
 * Returns the value if it is the signal of an AbortController.
 * @throws `where: expected a signal, that of an AbortController, got an AbortController`
 */
export function checkSignal(where: string, signal: AbortSignal): AbortSignal {
  if (typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function') return signal
  throw new CascadeError('input', `${where}: expected a signal, that of an AbortController, got ${shown(signal)}`)
}
