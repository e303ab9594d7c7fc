import type { LogSnrRange } from './log-snr.ts'

/** Throws unless n is an integer of at least 1. `what` names the caller and the number. */
export function checkCount(what: string, n: number): void {
  if (!(Number.isInteger(n) && n >= 1)) throw new Error(`${what}: expected an integer of at least 1, got ${n}`)
}

/** Throws unless 0 < low < high < ∞. `what` names the caller and the two numbers. */
export function checkPositiveRange(what: string, low: number, high: number): void {
  if (!(low > 0 && low < high && high < Infinity))
    throw new Error(`${what}: expected positive numbers in increasing order, got ${low}, ${high}`)
}

/** Throws unless min < max, both finite. `what` names the caller. */
export function checkLogSnrRange(what: string, { min, max }: LogSnrRange): void {
  if (!(min < max && Number.isFinite(max - min)))
    throw new Error(`${what}: expected a finite range of log-SNR, min < max, got ${min}, ${max}`)
}
