import { gather, reshape, type Tensor, type Tensor1D, type Tensor4D, tensor1d } from '@tensorflow/tfjs-core'

/** The entries of a table at steps t (int32 [N]), float32 [N]. */
export const gather1d = (table: ArrayLike<number>, t: Tensor1D): Tensor1D =>
  gather(tensor1d(Float32Array.from(table)), t)

/** The entries of a table at steps t (int32 [N]), float32 [N,1,1,1]: one number for each image. */
export const gatherForImages = (table: ArrayLike<number>, t: Tensor1D): Tensor4D =>
  reshape(gather1d(table, t) as Tensor, [t.shape[0], 1, 1, 1])
