import { convolutionKernels } from './convolution/kernels.ts'
import { createKernels } from './create.ts'
import { elementwiseKernels } from './elementwise.ts'
import { gatherKernels } from './gather.ts'
import { groupNormKernels } from './group-norm.ts'
import type { Kernels } from './kernel.ts'
import { matMulKernels } from './matmul.ts'
import { poolKernels } from './pool.ts'
import { reduceKernels } from './reduce.ts'
import { resizeKernels } from './resize.ts'
import { shapeKernels } from './shape.ts'

/** Every kernel that can be traced, by its tfjs name, and the named kernels of `@cascade-diffusion/ops`. */
export const kernels: Kernels = {
  ...convolutionKernels,
  ...createKernels,
  ...elementwiseKernels,
  ...gatherKernels,
  ...groupNormKernels,
  ...matMulKernels,
  ...poolKernels,
  ...reduceKernels,
  ...resizeKernels,
  ...shapeKernels,
}
