import { float32, type NDArray } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import { lower } from '../lower/lower.ts'
import { trace } from '../trace/trace.ts'
import type { Engine, Executable } from './engine.ts'

/** Compiles a function of one tensor for arguments of x's type. */
function compile(engine: Engine, fn: (x: tf.Tensor2D) => tf.Tensor, x: NDArray): Promise<Executable> {
  const shape = { paths: ['0'], rebuild: (leaves: readonly unknown[]) => leaves as never }
  return engine.compile(lower(trace(fn as never, [x], shape).graph, engine.target))
}

/**
 * Compiles a small function with an engine, max(0, x·w + 1), runs it and compares the result.
 * @throws if the engine does not work here, or computes something else; the message says why.
 */
export async function probe(engine: Engine): Promise<void> {
  const x = float32([1, 2, 3, 4], [2, 2])
  const fn = (x: tf.Tensor2D) => tf.relu(tf.add(tf.matMul(x, tf.tensor2d([1, -3, 3, 1.5], [2, 2])), 1))
  const expected = [8, 1, 16, 0]
  const executable = await compile(engine, fn, x)
  try {
    const [y] = (await executable.run([x])) as [NDArray]
    if (y.data.some((value, i) => Math.abs(Number(value) - (expected[i] as number)) > 1e-3))
      throw new Error(`jit: expected '${engine.name}' to compute [${expected}], got [${y.data}]`)
  } finally {
    await executable.dispose()
  }
}

/** How long an engine takes for eight products of 512×512 matrices, in milliseconds: software that plays a GPU shows. */
export async function timeProducts(engine: Engine): Promise<number> {
  const x = float32(new Float32Array(512 * 512).fill(1 / 512), [512, 512])
  const products = (x: tf.Tensor2D) => {
    let y = x
    for (let i = 0; i < 8; i++) y = tf.matMul(x, y)
    return y
  }
  const executable = await compile(engine, products, x)
  try {
    await executable.run([x])
    const start = performance.now()
    await executable.run([x])
    return performance.now() - start
  } finally {
    await executable.dispose()
  }
}
