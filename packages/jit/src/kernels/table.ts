import { convolution3DKernels } from './convolution/convolution-3d.ts'
import { depthwiseKernels } from './convolution/depthwise.ts'
import { convolutionKernels } from './convolution/kernels.ts'
import { binaryKernels } from './elementwise/binary.ts'
import { complexNumberKernels } from './elementwise/complex-numbers.ts'
import { unaryKernels } from './elementwise/unary.ts'
import { cropAndResizeKernels } from './image/crop-and-resize.ts'
import { resizeKernels } from './image/resize.ts'
import { suppressionKernels } from './image/suppression.ts'
import { transformKernels } from './image/transform.ts'
import { gatherKernels } from './indexing/gather.ts'
import { orderKernels } from './indexing/order.ts'
import { scatterKernels } from './indexing/scatter.ts'
import { sparseKernels } from './indexing/sparse.ts'
import type { Kernels } from './kernel.ts'
import { attentionKernels } from './layers/attention.ts'
import { composedKernels } from './layers/composed.ts'
import { groupNormKernels } from './layers/group-norm.ts'
import { localResponseKernels } from './layers/local-response.ts'
import { einsumKernels } from './linear/einsum.ts'
import { fourierKernels } from './linear/fourier.ts'
import { matMulKernels } from './linear/matmul.ts'
import { matrixKernels } from './linear/matrix.ts'
import { dilationKernels } from './pooling/dilation.ts'
import { poolKernels } from './pooling/pool.ts'
import { cumprodKernels } from './reduce/cumprod.ts'
import { reduceKernels } from './reduce/reduce.ts'
import { blockKernels } from './shape/blocks.ts'
import { concatKernels } from './shape/concat.ts'
import { createKernels } from './shape/create.ts'
import { padKernels } from './shape/pad.ts'
import { reshapeKernels } from './shape/reshape.ts'
import { sliceKernels } from './shape/slice.ts'

/** The families of kernels, a line for each. */
export const families: readonly Kernels[] = [
  unaryKernels,
  binaryKernels,
  complexNumberKernels,
  reduceKernels,
  reshapeKernels,
  sliceKernels,
  concatKernels,
  padKernels,
  gatherKernels,
  createKernels,
  matMulKernels,
  convolutionKernels,
  convolution3DKernels,
  depthwiseKernels,
  dilationKernels,
  poolKernels,
  resizeKernels,
  groupNormKernels,
  attentionKernels,
  blockKernels,
  cropAndResizeKernels,
  cumprodKernels,
  einsumKernels,
  fourierKernels,
  localResponseKernels,
  matrixKernels,
  orderKernels,
  scatterKernels,
  sparseKernels,
  suppressionKernels,
  transformKernels,
  composedKernels,
]

/** Every kernel that can be traced, by name: those of tfjs, and the named kernels of `@cascade-diffusion/ops`. */
export const kernels: Kernels = Object.assign({}, ...families)
