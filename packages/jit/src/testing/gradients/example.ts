import { type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import type * as tf from '@tensorflow/tfjs-core'
import { engine } from '@tensorflow/tfjs-core'

/** An operation and where its gradients are compared: one float32 array for each of its operands. */
export interface GradientExample {
  // biome-ignore lint/suspicious/noExplicitAny: operations of tensors of any rank
  readonly op: (...xs: any[]) => tf.Tensor
  readonly at: readonly NDArray<'float32'>[]
  /**
   * The kernel that `op` stands for while tracing, where no operation of tfjs calls it and its cpu backend does not
   * have it.
   */
  // biome-ignore lint/suspicious/noExplicitAny: operations of tensors of any rank
  readonly kernel?: (...xs: any[]) => tf.Tensor
}

/** Examples of each kernel, by its name. */
export type GradientExamples = Readonly<Record<string, readonly GradientExample[]>>

/** Numbers of a shape, or some between two bounds. */
export interface Range {
  readonly shape: readonly number[]
  readonly low: number
  readonly high: number
}

const isShape = (x: readonly number[] | Range | NDArray<'float32'>): x is readonly number[] => Array.isArray(x)

/**
 * Numbers between two bounds, in no order and no two alike: as far from each other as they can be, and from those of
 * other seeds.
 */
function spread({ shape, low, high }: Range, seed: number): NDArray<'float32'> {
  const n = sizeOf(shape)
  const order = Array.from(rng(seed).uniform([n]).data, (u, i) => ({ u, i })).sort((a, b) => a.u - b.u)
  const data = new Float32Array(n)
  order.forEach(({ i }, rank) => {
    data[i] = low + ((high - low) * (rank + 0.2 + 0.13 * seed)) / n
  })
  return ndarray(data, [...shape])
}

/** An example whose operands are of these shapes, with numbers between -2 and 2 unless others are given. */
export const at = (
  op: GradientExample['op'],
  ...operands: readonly (readonly number[] | Range | NDArray<'float32'>)[]
): GradientExample => ({
  op,
  at: operands.map((x, i) =>
    isShape(x) ? spread({ shape: x, low: -2, high: 2 }, i + 1) : 'data' in x ? x : spread(x, i + 1),
  ),
})

/** An operand with numbers between two bounds. */
export const range = (low: number, high: number, ...shape: number[]): Range => ({ shape, low, high })

/** Calls a kernel by its name. */
export const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor =>
  engine().runKernel(name, inputs, attrs as tf.NamedAttrMap)
