import { float32 } from '@cascade-diffusion/arrays'
import { jit, onnxRuntimeWeb } from '@cascade-diffusion/jit'
import * as tf from '@tensorflow/tfjs-core'
import { runOn } from './agreement.ts'

// Called by the test.
Object.assign(globalThis, {
  runOn: (provider: 'wasm' | 'webgpu') => runOn(onnxRuntimeWeb({ provider })),
  /** 1 + [1, 2] on the default engine. */
  addOne: async () => {
    const addOne = jit((x: tf.Tensor) => tf.add(x, 1))
    return Array.from((await addOne(float32([1, 2]))).data)
  },
})
