import {
  gather,
  less,
  reshape,
  scalar,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  tensor1d,
  where,
} from '@tensorflow/tfjs-core'

import { checkStep, checkSteps, type Steps } from './steps.ts'

/**
 * The entries of a table at steps t, float32 [N]; [1] if one step is for all images.
 * @throws on a step outside the table: of a number at once, of a tensor when it is computed.
 */
export function gather1d(table: ArrayLike<number>, t: Steps): Tensor1D {
  checkSteps('t', t)
  if (typeof t === 'number') {
    checkStep('t', t, table.length)
    return tensor1d([table[t]!], 'float32')
  }
  const steps = reshape(t as Tensor, [t.size])
  // Some engines count negative indices from the end. They are moved past it, where all engines refuse them.
  return gather(tensor1d(Float32Array.from(table)), where(less(steps, 0), scalar(table.length, 'int32'), steps))
}

/** The entries of a table at steps t, float32 [N,1,1,1], or [1,1,1,1]: one number for each image. */
export function gatherForImages(table: ArrayLike<number>, t: Steps): Tensor4D {
  const entries = gather1d(table, t)
  return reshape(entries as Tensor, [entries.size, 1, 1, 1])
}
