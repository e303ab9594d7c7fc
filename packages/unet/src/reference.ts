import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Params } from '@cascade-diffusion/arrays'
import { type Compile, type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { readNpz, readPyTorch, toNDArray } from '@cascade-diffusion/checkpoints'
import { cpu, cpuExact, jit, onnxRuntimeNode } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import type { UNetCondition } from './condition.ts'
import type { UNetConfig } from './config/config.ts'
import { unet } from './unet.ts'

/** A network of PyTorch with inputs and outputs. */
export interface Reference {
  /** Its state dict. */
  stateDict: Params<NDArray>
  /**
   * The inputs `x`, `t`, and `y` or `low_res`; the `output`; the gradient `grad_x` of the sum of output times
   * `grad_seed`. Images are NHWC.
   */
  values: Record<string, NDArray>
  /** Norm of the gradient of that sum by each tensor of the state dict. */
  gradientNorms: Record<string, number>
  /** The content of `case.json`. */
  about: { config: Record<string, unknown> }
}

/** Names and shapes of a state dict whose numbers follow from {@link hashed}. */
type HashedWeights = Record<string, readonly number[]>

/**
 * Reads a reference: a folder with `io.npz`, `case.json` and `model.pt`. `case.json` may give the shapes of `weights`
 * in place of the last.
 */
export async function readReference(name: string, folder = fixture(name)): Promise<Reference> {
  const about = JSON.parse(await readFile(`${folder}/case.json`, 'utf8'))
  const arrays = Object.entries(await readNpz(`${folder}/io.npz`))
  const values = Object.fromEntries(arrays.map(([key, raw]) => [key, toNHWC(toNDArray(raw))]))
  const norms: [string, number][] =
    about.gradNorms === undefined
      ? about.param_names_in_grad_norm_order.map((key: string, i: number) => [key, values.param_grad_norms!.data[i]!])
      : Object.entries(about.gradNorms)
  const stateDict = about.weights ? hashedWeights(about.weights) : await readPyTorch(`${folder}/model.pt`)
  return { stateDict, values, gradientNorms: Object.fromEntries(norms), about }
}

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))

function hashedWeights(shapes: HashedWeights): Params<NDArray<'float32'>> {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape], place) => [name, hashed(shape, place, name)]))
}

/** The numbers that `make_references.py` draws: kernels of about unit gain, scales about 1, and small shifts. */
function hashed(shape: readonly number[], place: number, name: string): NDArray<'float32'> {
  const size = shape.reduce((n, d) => n * d, 1)
  const fanIn = size / shape[0]!
  const [mean, width] = shape.length > 1 ? [0, Math.sqrt(12 / fanIn)] : name.endsWith('weight') ? [1, 0.8] : [0, 0.4]
  const data = Float32Array.from({ length: size }, (_, i) => mean + (hash(place, i) / 2 ** 32 - 0.5) * width)
  return ndarray(data, shape)
}

/** The finaliser of MurmurHash3 of a number that differs for each element of each tensor. */
function hash(place: number, i: number): number {
  let h = (Math.imul(place + 1, 0x9e3779b1) + i) >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function toNHWC(a: NDArray): NDArray {
  if (a.shape.length !== 4) return a
  const [n, c, h, w] = a.shape as [number, number, number, number]
  const data = a.data.map(
    (_, i) => a.data[(Math.floor(i / (c * h * w)) * c + (i % c)) * h * w + (Math.floor(i / c) % (h * w))]!,
  )
  return ndarray(data as Float32Array, [n, h, w, c])
}

/** How a state dict becomes our parameters and back. */
export interface NameMap {
  from(stateDict: Params<NDArray>, config: UNetConfig): Params<NDArray<'float32'>>
  to(params: Params<NDArray>, config: UNetConfig): Record<string, NDArray<'float32'>>
}

/**
 * Runs a network with the weights and inputs of a reference, and compares the output, the gradient by the image, and
 * the norms of the gradients by all tensors of the state dict.
 */
export async function expectReference(
  { stateDict, values, gradientNorms }: Reference,
  config: UNetConfig,
  names: NameMap,
  compile: Compile,
): Promise<void> {
  const net = unet(config)
  const run = compile(
    (weights: Params<tf.Tensor>, xt: tf.Tensor4D, noise: tf.Tensor1D, condition: UNetCondition, seed: tf.Tensor) => {
      const keys = Object.keys(weights)
      const apply = (image: tf.Tensor, ...tensors: tf.Tensor[]): tf.Tensor => {
        const named = Object.fromEntries(keys.map((key, i) => [key, tensors[i]!]))
        return net.apply(named, image as tf.Tensor4D, noise, condition)
      }
      const { value, grads } = tf.valueAndGrads(apply)([xt, ...keys.map((key) => weights[key]!)], seed)
      return { value, image: grads[0]!, weights: Object.fromEntries(keys.map((key, i) => [key, grads[i + 1]!])) }
    },
  )
  const { x, t, y, low_res, output, grad_seed, grad_x } = values
  const result = await run(names.from(stateDict, config), x!, t!, { label: y, lowRes: low_res }, grad_seed!)
  await run.dispose()

  const largest = (a: NDArray) => Math.max(...a.data.map(Math.abs))
  expect(result.value.shape).toEqual(output!.shape)
  expect(greatestDifference(result.value.data, output!.data)).toBeLessThan(1e-4)
  expect(greatestDifference(result.image.data, grad_x!.data) / largest(grad_x!)).toBeLessThan(1e-4)
  const gradients = names.to(result.weights, config)
  expect(Object.keys(gradients).sort()).toEqual(Object.keys(gradientNorms).sort())
  // A norm far below the largest is rounding: a bias before a normalisation with one channel in each group has no
  // gradient.
  const least = 1e-3 * Math.max(...Object.values(gradientNorms))
  for (const [name, expected] of Object.entries(gradientNorms)) {
    const norm = Math.sqrt(gradients[name]!.data.reduce((sum, v) => sum + v * v, 0))
    expect(Math.abs(norm - expected) / Math.max(expected, least), name).toBeLessThan(1e-4)
  }
}

/** Expects that two state dicts have the same tensors under the same names. */
export function expectSame(got: Params<NDArray>, expected: Params<NDArray>): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort())
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(got[name]!.shape, name).toEqual(shape)
    expect(
      got[name]!.data.every((value, i) => value === data[i]),
      name,
    ).toBe(true)
  }
}

/** Each way to run a network. */
export const compilers: [name: string, compile: Compile][] = [
  ['eager', eager],
  ['fast jit', (fn) => jit(fn, { engine: onnxRuntimeNode({ target: cpu }) })],
  ['exact jit', (fn) => jit(fn, { engine: onnxRuntimeNode({ target: cpuExact }) })],
]
