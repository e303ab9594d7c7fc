import { addN, type Scalar, sqrt, square, sum, type Tensor } from '@tensorflow/tfjs-core'

/** The norm of all gradients together, as of one vector. Traceable. */
export const globalNorm = (gradients: readonly Tensor[]): Scalar =>
  sqrt(addN(gradients.map((g) => sum(square(g))))) as Scalar
