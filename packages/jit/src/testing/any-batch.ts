import type { ArraysOf, NDArray } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import type { BatchAxesTree } from '../batch/batch-axes.ts'
import { onnxRuntimeNode } from '../engines/onnxruntime-node.ts'
import { jit } from '../jit.ts'
import { cpu, cpuExact, portable, type Target } from '../lower/target.ts'
import { expectClose, reference } from './agreement.ts'

// biome-ignore lint/suspicious/noExplicitAny: functions of any number of tensors
type Fn = (...args: any[]) => unknown

/** Sizes of which the smallest makes axes of length 1, and others are neither those traced nor multiples of them. */
export const batchSizes = [1, 2, 7, 16]

/** Standard normal arguments of these shapes, after the batch's size. */
export const normals =
  (...shapes: (readonly number[])[]) =>
  (n: number): NDArray[] =>
    shapes.map((shape, i) =>
      rng(n)
        .fold(i)
        .normal([n, ...shape]),
    )

/** Weights of a fixed shape, made inside. */
export const weights = (seed: number, ...shape: number[]): tf.Tensor => tf.tensor(rng(seed).normal(shape).data, shape)

export interface AnyBatchOptions {
  tolerance?: number
  targets?: readonly Target[]
  /** Default: axis 0 of every argument. */
  axes?: BatchAxesTree
}

/**
 * Expects one program to give, at every batch size and on every target, what the function gives on tfjs's cpu backend.
 */
export async function expectAnyBatch(
  fn: Fn,
  argumentsAt: (size: number) => readonly NDArray[],
  { tolerance = 1e-5, targets = [cpu, cpuExact, portable], axes = argumentsAt(1).map(() => 0) }: AnyBatchOptions = {},
): Promise<void> {
  const expected = []
  for (const n of batchSizes) expected.push(await reference(fn, argumentsAt(n)))
  for (const target of targets) {
    let compilations = 0
    const engine = onnxRuntimeNode({ target, threads: 1 })
    const counting: typeof engine = {
      ...engine,
      compile: (model) => {
        compilations++
        return engine.compile(model)
      },
    }
    const compiled = jit(fn, { engine: counting, dynamicBatch: axes })
    for (const [i, n] of batchSizes.entries()) {
      const actual = await compiled(...(argumentsAt(n) as ArraysOf<Parameters<Fn>>))
      expectClose(actual, expected[i], tolerance, `${target.name} at ${n}`)
    }
    if (compilations !== 1) throw new Error(`expected one program, got ${compilations}`)
    await compiled.dispose()
  }
}
