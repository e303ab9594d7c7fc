import { float32 } from '@cascade-diffusion/arrays'
import { giveResult } from '@cascade-diffusion/backends'
import { CascadeError } from '@cascade-diffusion/checks'
import { type EngineName, jit } from '@cascade-diffusion/jit'
import * as tf from '@tensorflow/tfjs-core'

// A process of its own for each engine: compiles a product of two matrices and runs it.
await giveResult(async () => {
  const [engine] = process.argv.slice(2) as [EngineName]
  const square = jit((x: tf.Tensor2D) => tf.matMul(x, x), { engine })
  const { data } = await square(float32([1, 2, 3, 4], [2, 2]))
  await square.dispose()
  if (String(data) !== '7,10,15,22') throw new CascadeError('input', `expected a product of 7,10,15,22, got ${data}`)
})
