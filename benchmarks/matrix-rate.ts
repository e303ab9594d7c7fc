import { ndarray, zeros } from '@cascade-diffusion/arrays'
import { jit, onnxRuntimeNode } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import type { Peer } from './peers/peer.ts'
import { median } from './results.ts'
import { takeTurns, timed } from './turns.ts'

/** Of a product of two square matrices of this size. */
const size = 2048

/** GFLOP/s of both sides' float32 matrix products. */
export interface MatrixRate {
  size: number
  onnxruntime: number
  torch: number
}

/** What the machine can do: the rate of each side's float32 matrix product, taking turns, by medians. */
export async function matrixRate(peer: Peer, threads: number, rounds = 5): Promise<MatrixRate> {
  const multiply = jit((a: tf.Tensor2D, b: tf.Tensor2D) => tf.matMul(a, b), { engine: onnxRuntimeNode({ threads }) })
  const uniform = rng(0).uniform([size / 8, size]).data
  const matrix = ndarray(
    Float32Array.from({ length: size ** 2 }, (_, i) => uniform[i % uniform.length]!),
    [size, size],
  )
  const out = zeros([size, size], 'float32')
  const times = await takeTurns(
    {
      onnxruntime: () => timed(() => multiply.into(out, matrix, matrix), 1, 2),
      torch: async () => (await peer.ask<{ ms: number[] }>({ do: 'multiply', size, calls: 3 })).ms.slice(1),
    },
    rounds,
  )
  await multiply.dispose()
  const rate = (ms: readonly number[]) => Number(((2 * size ** 3) / median(ms) / 1e6).toFixed(1))
  return { size, onnxruntime: rate(times.onnxruntime!), torch: rate(times.torch!) }
}
