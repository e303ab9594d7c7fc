import { donate, float32, type NDArray } from '@cascade-diffusion/arrays'
import { groupNorm, silu } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { jit } from '../jit.ts'
import { cpu, cpuExact, portable, webgpu } from '../lower/target.ts'
import { expectClose, reference } from '../testing/agreement.ts'
import { expectElementTypes } from '../testing/element-types.ts'
import { onnxRuntimeWeb } from './onnxruntime-web.ts'

// In Node.js: WebAssembly alone. `examples/browser-jit` tests both providers in a browser.
const engine = onnxRuntimeWeb({ threads: 2 })

/** A residual block's loss, and its gradients for the image and both filters. */
const block = (x: tf.Tensor4D, filter: tf.Tensor4D, point: tf.Tensor4D) => {
  const loss = (x: tf.Tensor4D, filter: tf.Tensor4D, point: tf.Tensor4D) => {
    const y = silu(groupNorm(x, tf.ones([16]), tf.zeros([16]), { groups: 4 }))
    const z = tf.add(x, tf.conv2d(y as tf.Tensor4D, filter, 1, 'same'))
    return tf.mean(tf.square(tf.conv2d(z as tf.Tensor4D, point, 1, 'same'))) as tf.Scalar
  }
  return tf.valueAndGrads(loss as (...xs: tf.Tensor[]) => tf.Scalar)([x, filter, point])
}

test('convolutions and normalisation with their gradients agree with eager tfjs, by Winograd and directly', async () => {
  const key = rng(3)
  const shapes = [
    [2, 8, 8, 16],
    [3, 3, 16, 16],
    [1, 1, 16, 8],
  ]
  const args = shapes.map((shape, i) => key.fold(i).normal(shape))
  const expected = await reference(block, args)
  for (const target of [cpu, cpuExact, portable]) {
    const compiled = jit(block, { engine: onnxRuntimeWeb({ threads: 2, target }) })
    expectClose(await compiled(...(args as [NDArray, NDArray, NDArray])), expected, 1e-4, target.name)
    await compiled.dispose()
  }
})

test('every element type goes in and out, and results are put into given arrays, others made', () =>
  expectElementTypes(engine))

test('several functions run at the same time, with their state left in place', async () => {
  const functions = [1, 2, 3].map((n) => jit((x: tf.Tensor) => tf.add(x, n), { engine }))
  const sums = await Promise.all(
    functions.map(async (fn) => {
      let state = await fn.onDevice(float32([0, 10]))
      for (let i = 0; i < 3; i++) state = await fn.onDevice(donate(state))
      return Array.from((await state.read()).data)
    }),
  )
  expect(sums).toEqual([
    [4, 14],
    [8, 18],
    [12, 22],
  ])
  await Promise.all(functions.map((fn) => fn.dispose()))
})

test('a function without results gives none', async () => {
  const compiled = jit((_: tf.Tensor) => ({}), { engine })
  expect(await compiled(float32(1))).toEqual({})
  await compiled.dispose()
})

test('each provider has its target, and both can be given another', () => {
  expect(onnxRuntimeWeb()).toMatchObject({ name: 'onnxruntime-web/wasm', target: cpu })
  expect(onnxRuntimeWeb({ provider: 'webgpu' })).toMatchObject({ name: 'onnxruntime-web/webgpu', target: webgpu })
  expect(onnxRuntimeWeb({ target: cpuExact }).target).toBe(cpuExact)
})
