import { CascadeError, shown } from '@cascade-diffusion/checks'
import {
  gather,
  less,
  reshape,
  type Scalar,
  scalar,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  tensor1d,
  where,
} from '@tensorflow/tfjs-core'

import { checkSteps } from './checks.ts'

/**
 * Steps of a discrete process, 0 … T-1: one for each image (int32 [N]), one for all as a tensor (int32 scalar or [1]), or
 * one for all as a number, which a compiled function keeps as a constant.
 */
export type Steps = Tensor1D | Scalar | number

/** The entries of a table at steps t, float32 [N]; [1] if one step is for all images. @throws on a number out of
 * range; on such tensors when they are computed. */
export function gather1d(table: ArrayLike<number>, t: Steps): Tensor1D {
  checkSteps('t', t)
  if (typeof t === 'number') {
    checkStep('t', t, table.length)
    return tensor1d([table[t]!], 'float32')
  }
  const steps = reshape(t as Tensor, [t.size])
  // Some engines count negative indices from the end: they are sent past it, where all of them refuse.
  return gather(tensor1d(Float32Array.from(table)), where(less(steps, 0), scalar(table.length, 'int32'), steps))
}

/** The entries of a table at steps t, float32 [N,1,1,1], or [1,1,1,1]: one number for each image. */
export function gatherForImages(table: ArrayLike<number>, t: Steps): Tensor4D {
  const entries = gather1d(table, t)
  return reshape(entries as Tensor, [entries.size, 1, 1, 1])
}

/** @throws unless t is a step of a process of T steps. */
export function checkStep(what: string, t: number, T: number): void {
  if (!(Number.isInteger(t) && t >= 0 && t < T))
    throw new CascadeError('input', `${what}: expected a step from 0 to ${T - 1}, got ${shown(t)}`)
}
