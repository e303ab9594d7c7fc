import { CascadeError, checkInteger, shown } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'

/** Throws unless n is an integer of at least 1. `what` names the caller and the number. */
export function checkCount(what: string, n: number): void {
  if (!(Number.isInteger(n) && n >= 1))
    throw new CascadeError('input', `${what}: expected an integer of at least 1, got ${shown(n)}`)
}

/** Throws unless 0 < low < high < ∞. `what` names the caller and the two numbers. */
export function checkPositiveRange(what: string, low: number, high: number): void {
  if (!(areNumbers(low, high) && low > 0 && low < high && high < Infinity))
    throw new CascadeError(
      'input',
      `${what}: expected positive numbers in increasing order, got ${shown(low)}, ${shown(high)}`,
    )
}

/** Throws unless min < max, both finite. `what` names the caller. */
export function checkLogSnrRange(what: string, { min, max }: { readonly min: number; readonly max: number }): void {
  if (!(areNumbers(min, max) && min < max && Number.isFinite(max - min)))
    throw new CascadeError(
      'input',
      `${what}: expected a finite range of log-SNR, min < max, got ${shown(min)}, ${shown(max)}`,
    )
}

/** Whether all values are numbers: JavaScript also compares strings of digits with numbers. */
export const areNumbers = (...values: readonly unknown[]): boolean => values.every((value) => typeof value === 'number')

/** Throws unless it is a schedule of discrete steps. */
export function checkSchedule(
  where: string,
  schedule: { readonly betas: unknown; readonly alphasCumprod: unknown },
): void {
  if (typeof schedule !== 'object' || schedule === null || !(schedule.betas && schedule.alphasCumprod))
    throw new CascadeError(
      'input',
      `${where}: expected a schedule of discrete steps (cosineSchedule(1000), …), got ${shown(schedule)}`,
    )
}

/** Throws unless it is a schedule in continuous time. */
export function checkContinuousSchedule(where: string, schedule: { readonly logSnr: unknown }): void {
  if (typeof schedule !== 'object' || schedule === null || typeof schedule.logSnr !== 'function')
    throw new CascadeError(
      'input',
      `${where}: expected a schedule in continuous time (continuousCosine(), …), got ${shown(schedule)}`,
    )
}

/** Throws unless it is a key of random numbers. */
export function checkRng(where: string, rng: Rng): void {
  if (typeof rng !== 'object' || rng === null || typeof rng.fold !== 'function')
    throw new CascadeError(
      'input',
      `${where}: expected a key of random numbers (rng(1) of @cascade-diffusion/random), got ${shown(rng)}`,
    )
}

/** Throws unless n, the number of draws, is an integer of at least 0, and there is a key of random numbers. */
export function checkDraw(where: string, n: number, rng: Rng): void {
  checkInteger(where, 'n, the number of draws', n, { from: 0 })
  checkRng(where, rng)
}

/** Throws unless it is a list of numbers, plain or typed. `what` names the numbers, in the plural. */
export function checkList(where: string, what: string, list: ArrayLike<number>): void {
  if (!(Array.isArray(list) || (ArrayBuffer.isView(list) && 'length' in list)))
    throw new CascadeError('input', `${where}: expected ${what}, a list of numbers, got ${shown(list)}`)
  for (let i = 0; i < list.length; i++)
    if (typeof list[i] !== 'number')
      throw new CascadeError('input', `${where}: expected ${what}, a list of numbers, got ${shown(list[i])} at ${i}`)
}
