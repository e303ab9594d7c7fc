import { ndarray, zeros } from '@cascade-diffusion/arrays'
import { jit, onnxRuntimeNode } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import type { Peer } from './peers/peer.ts'
import { median } from './results.ts'
import { type Contender, type Turn, timed, timesOf } from './turns.ts'

/** Of a product of two square matrices of this size. */
const size = 2048

/** GFLOP/s of both sides' float32 matrix products. */
export interface MatrixRate {
  size: number
  onnxruntime: number
  torch: number
}

/** The matrix products of both sides as contenders: the rate of the machine while a workload is measured. */
export interface Products {
  readonly contenders: Record<string, Contender>
  /** By medians of the contenders' times. */
  rate(turns: Readonly<Record<string, readonly Turn[]>>): MatrixRate
  dispose(): Promise<void>
}

/** Prepares the products. */
export function products(peer: Peer, threads: number): Products {
  const multiply = jit((a: tf.Tensor2D, b: tf.Tensor2D) => tf.matMul(a, b), { engine: onnxRuntimeNode({ threads }) })
  const uniform = rng(0).uniform([size / 8, size]).data
  const matrix = ndarray(
    Float32Array.from({ length: size ** 2 }, (_, i) => uniform[i % uniform.length]!),
    [size, size],
  )
  const out = zeros([size, size], 'float32')
  const rateOf = (turns: readonly Turn[] = []) => Number(((2 * size ** 3) / median(timesOf(turns)) / 1e6).toFixed(1))
  return {
    contenders: {
      'product, onnxruntime': () => timed(() => multiply.into(out, matrix, matrix), 1, 2),
      'product, torch': async () => (await peer.ask<{ ms: number[] }>({ do: 'multiply', size, calls: 3 })).ms.slice(1),
    },
    rate: (turns) => ({
      size,
      onnxruntime: rateOf(turns['product, onnxruntime']),
      torch: rateOf(turns['product, torch']),
    }),
    dispose: () => multiply.dispose(),
  }
}
