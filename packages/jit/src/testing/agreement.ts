import '@tensorflow/tfjs-backend-cpu'
import { type ArraysOf, flatten, isNDArray, type NDArray, type Tree } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { onnxRuntimeNode } from '../engines/onnxruntime-node.ts'
import { jit } from '../jit.ts'
import { cpu, cpuExact, portable, type Target, webgpu } from '../lower/target.ts'

// biome-ignore lint/suspicious/noExplicitAny: functions of any number of tensors
type Fn = (...args: any[]) => unknown

/** The kernels that ran eagerly in this file so far. */
export const compared = new Set<string>()

const engine = tf.engine()
const runKernel = engine.runKernel.bind(engine) as Fn
engine.runKernel = ((name, ...rest) => {
  if (tf.getBackend() === 'cpu') compared.add(name)
  return runKernel(name, ...rest)
}) as Fn as typeof engine.runKernel

/** What compiled functions run on in these tests: the processor, or `JIT_TEST_PROVIDER=webgpu`. */
const provider = (process.env.JIT_TEST_PROVIDER ?? 'cpu') as 'cpu' | 'webgpu' | 'cuda'

/** What tfjs's cpu backend gives. */
export async function reference(fn: Fn, args: readonly NDArray[]): Promise<Tree<NDArray>> {
  await tf.setBackend('cpu')
  return (eager(fn) as Fn)(...args) as Promise<Tree<NDArray>>
}

export interface AgreementOptions {
  /** The largest difference, relative to the largest magnitude of each result. Default 1e-5. */
  tolerance?: number
  /** Default: every target there is. */
  targets?: readonly Target[]
}

/** Expects the traced function to give, on every target, what the function gives on tfjs's cpu backend. */
export async function expectAgreement(
  fn: Fn,
  args: readonly NDArray[],
  {
    tolerance = 1e-5,
    targets = provider === 'cpu' ? [cpu, cpuExact, portable] : [provider === 'webgpu' ? webgpu : portable],
  }: AgreementOptions = {},
): Promise<void> {
  const expected = await reference(fn, args)
  for (const target of targets) expectClose(await runOn(target, fn, args), expected, tolerance, target.name)
}

/** Traces and runs a function once. */
export async function runOn(target: Target, fn: Fn, args: readonly NDArray[]): Promise<Tree<NDArray>> {
  const compiled = jit(fn, { engine: onnxRuntimeNode({ provider, target, threads: 1, cache: false }) })
  const result = await compiled(...(args as ArraysOf<Parameters<Fn>>))
  await compiled.dispose()
  return result as Tree<NDArray>
}

/**
 * Compares trees of arrays: types, shapes, and values up to `tolerance` times the largest magnitude of each array, plus
 * the rounding of numbers around 1 in float32, for results that cancel.
 */
export function expectClose(actual: unknown, expected: unknown, tolerance: number, what = 'result'): void {
  const [a, b] = [actual, expected].map((tree) => flatten(tree as Tree<NDArray>, isNDArray)) as [Flat, Flat]
  expect(a.shape.paths).toEqual(b.shape.paths)
  b.leaves.forEach((leaf, i) => {
    const other = a.leaves[i] as NDArray
    const name = `${what} '${b.shape.paths[i]}'`
    expect(`${name}: ${other.dtype}[${other.shape}]`).toBe(`${name}: ${leaf.dtype}[${leaf.shape}]`)
    const finite = Array.from(leaf.data).filter(Number.isFinite)
    const limit = leaf.dtype === 'float32' ? tolerance * finite.reduce((m, x) => Math.max(m, Math.abs(x)), 0) + 5e-7 : 0
    leaf.data.forEach((y, k) => {
      const x = other.data[k] as number
      const same = Object.is(x, y) || x === y || Math.abs(x - y) <= limit
      if (!same) expect.fail(`${name}: expected ${y} at ${k} of [${leaf.shape}] within ${limit}, got ${x}`)
    })
  })
}

type Flat = ReturnType<typeof flatten<NDArray>>

/** Fixed weights, so that the gradient of a weighted sum has no symmetry that could hide an error. */
const weights = (shape: readonly number[]): tf.Tensor => tf.tensor(rng(5).normal(shape).data, [...shape])

/** The gradients, for its float32 operands, of a weighted sum of an operation's result. */
export const gradientsOf =
  // biome-ignore lint/suspicious/noExplicitAny: operations of tensors of any rank
    (op: (...xs: any[]) => tf.Tensor) =>
    (...xs: tf.Tensor[]): tf.Tensor[] =>
      tf.grads((...ys: tf.Tensor[]) => {
        const y = op(...ys)
        return tf.sum(tf.mul(y, weights(y.shape)))
      })(xs)
