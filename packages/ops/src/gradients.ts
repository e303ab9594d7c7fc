/**
 * Registers gradients when imported: tfjs-core alone has none. tfjs-layers registers all of its own
 * (`tfjs-core/dist/register_all_gradients` does not load as an ES module in Node). This package adds those of its
 * kernels, those that tfjs lacks, and those that are wrong in tfjs.
 */
import '@tensorflow/tfjs-layers'
import { registerGradient, unregisterGradient } from '@tensorflow/tfjs-core'
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
  ...[...convolutionGradients, ...poolGradients, ...resizeGradients],
]
for (const gradient of gradients) registerGradient(gradient)
// tfjs has gradients of real numbers only: none passes a complex tensor.
unregisterGradient('ComplexAbs')
