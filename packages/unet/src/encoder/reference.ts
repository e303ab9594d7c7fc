import { readFileSync } from 'node:fs'
import type { Params } from '@cascade-diffusion/arrays'
import { type Compile, float32, type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { fromGuidedClassifier, toGuidedClassifier } from '../names/guided-classifier.ts'
import type { GuidedDiffusionOptions } from '../names/guided-diffusion.ts'
import type { EncoderConfig } from './config.ts'
import { encoder } from './encoder.ts'

/** Outputs of `EncoderUNetModel` of guided-diffusion; its weights and inputs are noise of a formula. */
interface Reference {
  readonly t: readonly number[]
  readonly output: readonly number[]
  readonly gradX: readonly number[]
  /** Shapes of its parameters in their order, and the norms of their gradients. */
  readonly shapes: Readonly<Record<string, readonly number[]>>
  readonly gradNorms: Readonly<Record<string, number>>
}

const reference = (name: string): Reference =>
  JSON.parse(readFileSync(new URL(`../fixtures/guided-classifiers/${name}.json`, import.meta.url), 'utf8'))

/** The numbers between -1 and 1 with which the script of the fixtures filled tensors. */
const noise = (n: number, k: number): Float64Array =>
  Float64Array.from({ length: n }, (_, j) => {
    const v = Math.sin(12.9898 * (j + 1) + 78.233 * (k + 1)) * 43758.5453
    return 2 * (v - Math.floor(v)) - 1
  })

/** The state dict of a reference. */
export function referenceState(name: string): Record<string, NDArray<'float32'>> {
  return Object.fromEntries(
    Object.entries(reference(name).shapes).map(([key, shape], k) => {
      const values = noise(sizeOf(shape), k)
      const fanIn = sizeOf(shape.slice(1))
      const scale = shape.length > 1 ? Math.sqrt(3 / fanIn) : key.endsWith('weight') ? 0.2 : 0.1
      const centre = shape.length === 1 && key.endsWith('weight') ? 1 : 0
      return [
        key,
        float32(
          values.map((v) => centre + scale * v),
          shape,
        ),
      ]
    }),
  )
}

/** [N, C, H, W] to [N, H, W, C]. */
function toNHWC(values: ArrayLike<number>, [n, c, h, w]: readonly [number, number, number, number]) {
  const data = Float32Array.from({ length: n * c * h * w }, (_, i) => {
    const [channel, pixel, image] = [i % c, Math.floor(i / c) % (h * w), Math.floor(i / (c * h * w))]
    return values[(image * c + channel) * h * w + pixel]!
  })
  return ndarray(data, [n, h, w, c])
}

/**
 * Runs an encoder with a reference's weights and inputs, and compares the output to 1e-4, the gradient by the image and the norms of
 * the gradients by all parameters to 1e-3.
 */
export async function expectReference(
  name: string,
  config: EncoderConfig,
  compile: Compile,
  options: GuidedDiffusionOptions = {},
): Promise<void> {
  const { t, output, gradX, gradNorms } = reference(name)
  const size = [2, 3, 8, 8] as const
  const x = toNHWC(noise(sizeOf(size), 1000), size)
  const seed = float32(noise(output.length, 2000), [2, output.length / 2])
  const net = encoder(config)
  const run = compile((weights: Params<tf.Tensor>, xt: tf.Tensor4D, times: tf.Tensor1D, along: tf.Tensor) => {
    const names = Object.keys(weights)
    const apply = (image: tf.Tensor, ...tensors: tf.Tensor[]): tf.Tensor =>
      net.apply(Object.fromEntries(names.map((key, i) => [key, tensors[i]!])), image as tf.Tensor4D, times)
    const { value, grads } = tf.valueAndGrads(apply)([xt, ...names.map((key) => weights[key]!)], along)
    const gradients = Object.fromEntries(names.map((key, i) => [key, grads[i + 1]!]))
    return { value, image: grads[0]!, gradients }
  })
  const result = await run(fromGuidedClassifier(referenceState(name), config, options), x, float32(t), seed)
  await run.dispose()

  const greatest = (values: Iterable<number>) => Array.from(values).reduce((max, v) => Math.max(max, Math.abs(v)), 0)
  expect(result.value.shape).toEqual(seed.shape)
  expect(greatestDifference(result.value.data, output)).toBeLessThan(1e-4)
  expect(greatestDifference(result.image.data, toNHWC(gradX, size).data) / greatest(gradX)).toBeLessThan(1e-3)
  const gradients = toGuidedClassifier(result.gradients, config, options)
  expect(Object.keys(gradients).sort()).toEqual(Object.keys(gradNorms).sort())
  const largest = greatest(Object.values(gradNorms))
  for (const [key, { data }] of Object.entries(gradients)) {
    const norm = Math.sqrt(data.reduce((sum, v) => sum + v * v, 0))
    const expected = gradNorms[key]!
    // A bias before a normalisation with one channel in each group has no gradient except for rounding.
    expect(Math.abs(norm - expected) / Math.max(expected, 1e-3 * largest), key).toBeLessThan(1e-3)
  }
}
