import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Compile, type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { readNpz, readPyTorch, toNDArray } from '@cascade-diffusion/checkpoints'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import type { UNetCondition } from './condition.ts'
import type { UNetConfig } from './config.ts'
import type { Params } from './layers.ts'
import { fromImprovedDiffusion, improvedNames } from './load-improved.ts'
import { unet } from './unet.ts'

const fixture = (name: string, file: string) => fileURLToPath(new URL(`./fixtures/${name}/${file}`, import.meta.url))

/** The PyTorch state dict of a reference network. */
export const referenceWeights = (name: string): Promise<Params<NDArray>> => readPyTorch(fixture(name, 'model.pt'))

/** Inputs and outputs of a reference network, images as NHWC, and the norm of its gradient by each parameter. */
async function referenceValues(name: string) {
  const arrays = Object.entries(await readNpz(fixture(name, 'io.npz'))).map(([key, raw]) => [
    key,
    toNHWC(toNDArray(raw)),
  ])
  const values: Record<string, NDArray> = Object.fromEntries(arrays)
  const names: string[] = JSON.parse(await readFile(fixture(name, 'case.json'), 'utf8')).param_names_in_grad_norm_order
  return { values, gradientNorms: Object.fromEntries(names.map((key, i) => [key, values.param_grad_norms!.data[i]!])) }
}

function toNHWC(a: NDArray): NDArray {
  if (a.shape.length !== 4) return a
  const [n, c, h, w] = a.shape as [number, number, number, number]
  const data = a.data.map(
    (_, i) => a.data[(Math.floor(i / (c * h * w)) * c + (i % c)) * h * w + (Math.floor(i / c) % (h * w))]!,
  )
  return ndarray(data as Float32Array, [n, h, w, c])
}

/**
 * Runs a network with the reference's weights and inputs, and compares the output, the gradient by the image and the norms of the
 * gradients by all parameters.
 */
export async function expectReference(name: string, config: UNetConfig, compile: Compile): Promise<void> {
  const { values, gradientNorms } = await referenceValues(name)
  const params = fromImprovedDiffusion(await referenceWeights(name), config)
  const { x, t, y, low_res, output, grad_seed, grad_x } = values
  const net = unet(config)
  const run = compile(
    (weights: Params, xt: tf.Tensor4D, noise: tf.Tensor1D, condition: UNetCondition, seed: tf.Tensor) => {
      const names = Object.keys(weights)
      const apply = (image: tf.Tensor, ...tensors: tf.Tensor[]): tf.Tensor => {
        const named = Object.fromEntries(names.map((key, i) => [key, tensors[i]!]))
        return net.apply(named, image as tf.Tensor4D, noise, condition)
      }
      const { value, grads } = tf.valueAndGrads(apply)([xt, ...names.map((key) => weights[key]!)], seed)
      return {
        value,
        image: grads[0]!,
        norms: Object.fromEntries(names.map((key, i) => [key, tf.norm(grads[i + 1]!)])),
      }
    },
  )
  const result = await run(params, x!, t!, { label: y, lowRes: low_res }, grad_seed!)
  await run.dispose()

  const largest = (a: NDArray) => Math.max(...a.data.map(Math.abs))
  const error = (a: NDArray, b: NDArray) => Math.max(...a.data.map((v, i) => Math.abs(v - b.data[i]!)))
  expect(result.value.shape).toEqual(output!.shape)
  expect(error(result.value, output!)).toBeLessThan(1e-4)
  expect(error(result.image, grad_x!) / largest(grad_x!)).toBeLessThan(1e-4)
  const theirs = improvedNames(config)
  const relative = Object.entries(result.norms).map(([key, norm]) => {
    const expected = gradientNorms[theirs[key]!]!
    // Norms of 1e-6 are rounding: before a normalisation of one channel a group a bias has no gradient. The others are above 3.
    return Math.abs(norm.data[0]! - expected) / Math.max(expected, 1)
  })
  expect(relative.length).toBe(Object.keys(gradientNorms).length)
  expect(Math.max(...relative)).toBeLessThan(1e-4)
}
