/**
 * Registers gradients when imported: tfjs-core alone has none. tfjs-layers carries its own registrations of all of them
 * (`tfjs-core/dist/register_all_gradients` does not load as an ES module in Node), and this package adds its kernels',
 * those that tfjs lacks, and those that tfjs has wrong.
 */
import '@tensorflow/tfjs-layers'
import { registerGradient } from '@tensorflow/tfjs-core'
import { attentionGradient } from './attention.ts'
import { groupNormGradient } from './group-norm.ts'
import { siluGradient } from './silu.ts'
import { cumsumGradient, prodGradient } from './tfjs-gradients/cumulative.ts'
import { einsumGradient } from './tfjs-gradients/einsum.ts'
import {
  gatherGradient,
  gatherNdGradient,
  scatterNdGradient,
  stridedSliceGradient,
  tensorScatterUpdateGradient,
  topKGradient,
} from './tfjs-gradients/indexed.ts'
import { depthToSpaceGradient, diagGradient, flipLeftRightGradient } from './tfjs-gradients/moved.ts'

const gradients = [
  ...[attentionGradient, groupNormGradient, siluGradient],
  ...[cumsumGradient, prodGradient, einsumGradient],
  ...[gatherGradient, gatherNdGradient, scatterNdGradient, tensorScatterUpdateGradient],
  ...[topKGradient, stridedSliceGradient, depthToSpaceGradient, flipLeftRightGradient, diagGradient],
]
for (const gradient of gradients) registerGradient(gradient)
