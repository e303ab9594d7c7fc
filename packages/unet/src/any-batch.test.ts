import '@tensorflow/tfjs-backend-cpu'
import type { Params } from '@cascade-diffusion/arrays'
import { float32, int32, type NDArray } from '@cascade-diffusion/arrays'
import { cpu, exportOnnx, jit, onnxRuntimeNode, portable } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { replaceFilterGradient } from './filter-gradient.ts'
import { unet } from './unet.ts'

replaceFilterGradient()

const random = rng(11)
const net = unet({
  resolution: 16,
  imageChannels: 2,
  baseChannels: 16,
  channelMultipliers: [1, 1.5, 1.5],
  residualBlocks: 1,
  normGroups: 4,
  attentionResolutions: [8],
  attentionHeads: 2,
  numClasses: 3,
  augmentationLevels: true,
  lowRes: { channels: 1, resize: 'bicubic' },
  resampling: { down: ['conv', 'residual'], up: ['pool', 'conv'] },
})

/** Weights that are nowhere zero. */
const weights: Params<NDArray<'float32'>> = Object.fromEntries(
  Object.entries(net.parameterShapes).map(([name, shape]) => {
    const { data } = random.fold(name).normal(shape)
    return [
      name,
      float32(
        data.map((v) => 0.2 * v),
        shape,
      ),
    ]
  }),
)

const sizes = [1, 2, 7, 16]
const inputsAt = (n: number) => {
  const key = random.fold(n)
  return {
    xt: key.fold('xt').normal([n, 16, 16, 2]),
    noise: float32(Array.from({ length: n }, (_, i) => (313 * i) % 1000)),
    condition: {
      label: int32(Array.from({ length: n }, (_, i) => i % 3)),
      lowRes: key.fold('lowRes').normal([n, 8, 8, 1]),
      augmentationLevel: int32(Array.from({ length: n }, (_, i) => 40 * i)),
    },
  }
}

/** The greatest difference relative to the greatest magnitude. */
function difference(a: NDArray, b: NDArray): number {
  expect(a.shape).toEqual(b.shape)
  return greatestDifference(a.data, b.data) / greatestDifference(b.data, new Float32Array(b.data.length))
}

test('exported as ONNX it gives the same at any batch size, with the weights by their names and plain convolutions', async () => {
  const model = exportOnnx(
    net.apply,
    [
      weights,
      { shape: ['N', 16, 16, 2] },
      { shape: ['N'] },
      {
        label: { shape: ['N'], dtype: 'int32' },
        lowRes: { shape: ['N', 8, 8, 1] },
        augmentationLevel: { shape: ['N'], dtype: 'int32' },
      },
    ],
    { inputs: ['', 'xt', 'noise', 'condition'], output: 'epsilon' },
  )
  expect(model.inputs.map((t) => t.name)).toEqual([
    ...['xt', 'noise', 'condition.augmentationLevel', 'condition.label', 'condition.lowRes'],
  ])
  expect(model.outputs).toMatchObject([
    { name: 'epsilon', batch: [{ scale: 1, offset: 0 }, undefined, undefined, undefined] },
  ])
  expect(new Set(model.nodes.map((node) => node.domain))).toEqual(new Set(['']))
  const names = new Set(model.initializers.map((t) => t.name))
  expect(Object.keys(weights).filter((name) => !names.has(name))).toEqual([])
  // Every convolution has its bias.
  const convolutions = model.nodes.filter((node) => node.opType === 'Conv')
  const kernels = Object.entries(weights).filter(([, { shape }]) => shape.length === 4)
  expect(convolutions.map((node) => node.inputs.slice(1)).sort()).toEqual(
    kernels.map(([name]) => [name, name.replace(/kernel$/, 'bias')]).sort(),
  )
  const executable = await onnxRuntimeNode({ target: portable, threads: 1 }).compile(model)
  for (const n of sizes) {
    const { xt, noise, condition } = inputsAt(n)
    const expected = await eager(net.apply)(weights, xt, noise, condition)
    const { augmentationLevel, label, lowRes } = condition
    const [actual] = await executable.run([xt, noise, augmentationLevel, label, lowRes])
    expect(difference(actual!, expected)).toBeLessThan(1e-5)
  }
  await executable.dispose()
})

test('jitted for any batch size it gives what programs for one size give, with gradients', async () => {
  const step = (
    params: Params<tf.Tensor>,
    xt: tf.Tensor4D,
    noise: tf.Tensor1D,
    condition: { [name: string]: tf.Tensor },
  ) => {
    const names = Object.keys(params)
    const loss = (...values: tf.Tensor[]) => {
      const given = Object.fromEntries(names.map((name, i) => [name, values[i]!]))
      return tf.mean(tf.square(tf.sub(net.apply(given, xt, noise, condition), xt))) as tf.Scalar
    }
    const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => params[name]!))
    return { value, grads: Object.fromEntries(names.map((name, i) => [name, grads[i]!])) }
  }
  for (const target of [cpu, portable]) {
    const engine = onnxRuntimeNode({ target, threads: 1 })
    const [any, one] = [jit(step, { engine, dynamicBatch: [null, 0, 0, 0] }), jit(step, { engine })]
    for (const n of [2, 1, 7]) {
      const { xt, noise, condition } = inputsAt(n)
      const [actual, expected] = [await any(weights, xt, noise, condition), await one(weights, xt, noise, condition)]
      expect(difference(actual.value, expected.value)).toBeLessThan(1e-5)
      for (const name of Object.keys(weights))
        expect(difference(actual.grads[name]!, expected.grads[name]!), `${target.name} at ${n}: ${name}`).toBeLessThan(
          1e-4,
        )
    }
    await any.dispose()
    await one.dispose()
  }
})
