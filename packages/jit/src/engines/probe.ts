import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'
import { lower } from '../compile/lower.ts'
import { toHalf } from '../onnx/half.ts'
import type { HalfPrecision } from '../onnx/model.ts'
import { trace } from '../trace/trace.ts'
import type { Engine, Executable } from './engine.ts'
import { product } from './shared/product.ts'

/** Compiles a function of one tensor for arguments of x's type. */
function compile(engine: Engine, fn: (x: tf.Tensor2D) => tf.Tensor, x: NDArray): Promise<Executable> {
  const shape = { paths: ['0'], rebuild: (leaves: readonly unknown[]) => leaves as never }
  return engine.compile(lower(trace(fn as never, [x], shape).graph, engine.target))
}

/**
 * Has an engine compile and run a small function, max(0, x·w + 1), and compares the result with the known one.
 * @throws if the engine does not work here or gives a wrong result; the message says why.
 */
export async function probe(engine: Engine): Promise<void> {
  const x = float32([1, 2, 3, 4], [2, 2])
  const fn = (x: tf.Tensor2D) => tf.relu(tf.add(tf.matMul(x, tf.tensor2d([1, -3, 3, 1.5], [2, 2])), 1))
  const expected = [8, 1, 16, 0]
  const executable = await compile(engine, fn, x)
  try {
    const [y] = (await executable.run([x])) as [NDArray]
    if (y.data.some((value, i) => Math.abs(Number(value) - (expected[i] as number)) > 1e-3))
      throw new CascadeError('engine', `jit: expected '${engine.name}' to compute [${expected}], got [${y.data}]`)
  } finally {
    await executable.dispose()
  }
}

const probed = new WeakMap<Engine, Map<HalfPrecision, Promise<void>>>()

/**
 * Checks, once for each engine, that it multiplies 16-bit numbers.
 * @throws if it does not; the message says why.
 */
export function probePrecision(engine: Engine, precision: HalfPrecision): Promise<void> {
  const known = probed.get(engine) ?? new Map<HalfPrecision, Promise<void>>()
  probed.set(engine, known)
  const result = known.get(precision) ?? multiplyHalf(engine, precision)
  known.set(precision, result)
  result.catch(() => known.delete(precision))
  return result
}

async function multiplyHalf(engine: Engine, precision: HalfPrecision): Promise<void> {
  try {
    const executable = await engine.compile(toHalf(product, precision))
    try {
      // 1 + 2⁻¹⁰ and 1 + 2⁻⁷ use all digits of the types.
      const x = precision === 'float16' ? 1 + 2 ** -10 : 1 + 2 ** -7
      const [y] = (await executable.run([float32([x, 0, 0, 2], [2, 2])])) as [NDArray]
      const [a, b] = [y.data[0] as number, y.data[3] as number]
      if (Math.abs(a - x * x) > 2 ** -7 || b !== 4)
        throw new CascadeError('engine', `expected a product of [${x * x},0,0,4], got [${y.data}]`)
    } finally {
      await executable.dispose()
    }
  } catch (cause) {
    throw new CascadeError(
      'engine',
      `jit: the engine '${engine.name}' does not compute in ${precision} here: ${(cause as Error).message}`,
      { cause },
    )
  }
}

/**
 * The time that an engine takes for eight products of 512×512 matrices, in milliseconds. It exposes GPUs emulated in
 * software.
 */
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
