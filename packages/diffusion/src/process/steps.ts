import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core'
import { arrayOr, isTensor } from '../checks.ts'

/**
 * Steps of a discrete process, 0 … T-1: one for each image (int32 [N]), one for all as a tensor (int32 scalar or [1]),
 * or one for all as a number, which is a constant in a compiled function.
 */
export type Steps = Tensor1D | Scalar | number

/** @throws unless t is a step of a process of T steps. */
export function checkStep(what: string, t: number, T: number): void {
  if (!(Number.isInteger(t) && t >= 0 && t < T))
    throw new CascadeError('input', `${what}: expected a step from 0 to ${T - 1}, got ${shown(t)}`)
}

/** @throws unless steps are a number, or a tensor of int32 for one or for each of n images. */
export function checkSteps(where: string, t: Steps, n?: number): void {
  if (typeof t === 'number') return
  if (!isTensor(t))
    throw new CascadeError(
      'input',
      `${where}: expected t, a step as a number or steps as a tensor of int32, got ${arrayOr(t)}`,
    )
  if (t.dtype !== 'int32') throw new CascadeError('input', `${where}: expected t, whole steps of int32, got ${t.dtype}`)
  if (n !== undefined && t.size !== 1 && t.size !== n)
    throw new CascadeError('input', `${where}: expected t, one step or one for each of ${n} images, got [${t.shape}]`)
}
