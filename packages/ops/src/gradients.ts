/**
 * Registers gradients when imported: tfjs-core alone has none. (`tfjs-core/dist/register_all_gradients` does not load as
 * an ES module in Node.js, and tfjs-layers, which registers them, takes 28 MB.) Those in `plain` are the ones that tfjs
 * has too; the others are those of our kernels, those that tfjs lacks, and those that are wrong in tfjs.
 */
import { registerGradient } from '@tensorflow/tfjs-core'
import { attentionGradient } from './operations/attention.ts'
import { groupNormGradient } from './operations/group-norm.ts'
import { siluGradient } from './operations/silu.ts'
import { binaryGradients } from './tfjs-gradients/binary.ts'
import { convolutionGradients } from './tfjs-gradients/convolutions.ts'
import { cumprodGradient, cumsumGradient, prodGradient } from './tfjs-gradients/cumulative.ts'
import { einsumGradient } from './tfjs-gradients/einsum.ts'
import { extremeGradients } from './tfjs-gradients/extremes.ts'
import { resizeGradients } from './tfjs-gradients/images.ts'
import {
  gatherGradient,
  gatherNdGradient,
  scatterNdGradient,
  stridedSliceGradient,
  tensorScatterUpdateGradient,
  topKGradient,
  unsortedSegmentSumGradient,
} from './tfjs-gradients/indexed.ts'
import { batchMatMulGradient } from './tfjs-gradients/matmul.ts'
import {
  broadcastToGradient,
  depthToSpaceGradient,
  diagGradient,
  flipLeftRightGradient,
  mirrorPadGradient,
  tileGradient,
} from './tfjs-gradients/moved.ts'
import { arithmeticGradients } from './tfjs-gradients/plain/arithmetic.ts'
import { arrangementGradients } from './tfjs-gradients/plain/arrangement.ts'
import { elementwiseGradients } from './tfjs-gradients/plain/elementwise.ts'
import { kernelGradients } from './tfjs-gradients/plain/kernels.ts'
import { reductionGradients } from './tfjs-gradients/plain/reductions.ts'
import { poolGradients } from './tfjs-gradients/pools.ts'
import { stepGradients } from './tfjs-gradients/steps.ts'
import { unaryGradients } from './tfjs-gradients/unary.ts'

const gradients = [
  ...[attentionGradient, groupNormGradient, siluGradient],
  ...[cumsumGradient, cumprodGradient, prodGradient, einsumGradient, batchMatMulGradient],
  ...[unsortedSegmentSumGradient, gatherGradient, gatherNdGradient, scatterNdGradient, tensorScatterUpdateGradient],
  ...[topKGradient, stridedSliceGradient, depthToSpaceGradient, flipLeftRightGradient, diagGradient],
  ...[mirrorPadGradient, tileGradient, broadcastToGradient],
  ...[...stepGradients, ...unaryGradients, ...binaryGradients, ...extremeGradients],
  ...[
    ...elementwiseGradients,
    ...arithmeticGradients,
    ...arrangementGradients,
    ...reductionGradients,
    ...kernelGradients,
  ],
  ...[...convolutionGradients, ...poolGradients, ...resizeGradients],
]
for (const gradient of gradients) registerGradient(gradient)
