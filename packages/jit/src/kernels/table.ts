import { binaryKernels } from './binary.ts'
import { composedKernels } from './composed.ts'
import { concatKernels } from './concat.ts'
import { convolutionKernels } from './convolution/kernels.ts'
import { createKernels } from './create.ts'
import { gatherKernels } from './gather.ts'
import { groupNormKernels } from './group-norm.ts'
import type { Kernels } from './kernel.ts'
import { matMulKernels } from './matmul.ts'
import { padKernels } from './pad.ts'
import { poolKernels } from './pool.ts'
import { reduceKernels } from './reduce.ts'
import { reshapeKernels } from './reshape.ts'
import { resizeKernels } from './resize.ts'
import { sliceKernels } from './slice.ts'
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
  ...poolKernels,
  ...resizeKernels,
  ...groupNormKernels,
  ...composedKernels,
}
