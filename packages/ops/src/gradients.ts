/**
 * Registers gradients when imported: tfjs-core alone has none. tfjs-layers carries its own registrations of all of them
 * (`tfjs-core/dist/register_all_gradients` does not load as an ES module in Node), and this package adds its kernels'.
 */
import '@tensorflow/tfjs-layers'
import { registerGradient } from '@tensorflow/tfjs-core'
import { groupNormGradient } from './group-norm.ts'
import { siluGradient } from './silu.ts'

registerGradient(groupNormGradient)
registerGradient(siluGradient)
