import { attentionKernels } from './attention.ts'
import { binaryKernels } from './binary.ts'
import { blockKernels } from './blocks.ts'
import { composedKernels } from './composed.ts'
import { concatKernels } from './concat.ts'
import { convolutionKernels } from './convolution/kernels.ts'
import { convolution3DKernels } from './convolution-3d.ts'
import { createKernels } from './create.ts'
import { cropAndResizeKernels } from './crop-and-resize.ts'
import { cumprodKernels } from './cumprod.ts'
import { depthwiseKernels } from './depthwise.ts'
import { dilationKernels } from './dilation.ts'
import { einsumKernels } from './einsum.ts'
import { fourierKernels } from './fourier.ts'
import { gatherKernels } from './gather.ts'
import { groupNormKernels } from './group-norm.ts'
import type { Kernels } from './kernel.ts'
import { localResponseKernels } from './local-response.ts'
import { matMulKernels } from './matmul.ts'
import { matrixKernels } from './matrix.ts'
import { orderKernels } from './order.ts'
import { padKernels } from './pad.ts'
import { poolKernels } from './pool.ts'
import { reduceKernels } from './reduce.ts'
import { reshapeKernels } from './reshape.ts'
import { resizeKernels } from './resize.ts'
import { scatterKernels } from './scatter.ts'
import { sliceKernels } from './slice.ts'
import { sparseKernels } from './sparse.ts'
import { suppressionKernels } from './suppression.ts'
import { transformKernels } from './transform.ts'
import { unaryKernels } from './unary.ts'

/** Every kernel that can be traced, by its tfjs name, and the named kernels of `@cascade-diffusion/ops`. */
export const kernels: Kernels = {
  ...unaryKernels,
  ...binaryKernels,
  ...reduceKernels,
  ...reshapeKernels,
  ...sliceKernels,
  ...concatKernels,
  ...padKernels,
  ...gatherKernels,
  ...createKernels,
  ...matMulKernels,
  ...convolutionKernels,
  ...convolution3DKernels,
  ...depthwiseKernels,
  ...dilationKernels,
  ...poolKernels,
  ...resizeKernels,
  ...groupNormKernels,
  ...attentionKernels,
  ...blockKernels,
  ...cropAndResizeKernels,
  ...cumprodKernels,
  ...einsumKernels,
  ...fourierKernels,
  ...localResponseKernels,
  ...matrixKernels,
  ...orderKernels,
  ...scatterKernels,
  ...sparseKernels,
  ...suppressionKernels,
  ...transformKernels,
  ...composedKernels,
}
