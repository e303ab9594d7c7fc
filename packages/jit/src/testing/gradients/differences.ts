import '@tensorflow/tfjs-backend-cpu'
import '@cascade-diffusion/ops'
import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import type { GradientExample } from './example.ts'

/**
 * Does work with tfjs's cpu backend in float64. Its kernels compute in float64 and round only where they keep numbers,
 * in whatever is called `Float32Array`.
 */
function inFloat64<T>(work: () => T): T {
  const single = globalThis.Float32Array
  globalThis.Float32Array = Float64Array as never
  try {
    let result: T | undefined
    tf.tidy(() => {
      result = work()
    })
    return result as T
  } finally {
    globalThis.Float32Array = single
  }
}

/** The values of an operation at float64 numbers. Only while {@link inFloat64} works. */
function values(op: GradientExample['op'], operands: readonly (readonly [Float64Array, readonly number[]])[]) {
  let y: Float64Array = new Float64Array()
  tf.tidy(() => {
    const xs = operands.map(
      ([data, shape]) => tf.engine().makeTensor(data as never, [...shape], 'float32') as tf.Tensor,
    )
    y = Float64Array.from(op(...xs).dataSync())
  })
  return y
}

/** Fixed weights of a result, so that the gradient of its weighted sum has no symmetry that could hide an error. */
export const weightsOf = (shape: readonly number[]): NDArray<'float32'> => rng(5).normal([...shape])

const STEP = 1e-5

/**
 * The gradients of a weighted sum of an operation's result, by differences of tfjs's cpu kernels in float64: of the
 * fourth order, and so exact to about nine digits.
 */
export async function differences({ op, at }: GradientExample): Promise<Float64Array[]> {
  await tf.setBackend('cpu')
  let shape: readonly number[] = []
  tf.tidy(() => {
    shape = op(...at.map((x) => tf.tensor(x.data, [...x.shape]))).shape
  })
  const weights = weightsOf(shape).data
  return inFloat64(() => {
    const numbers = at.map((x) => Float64Array.from(x.data))
    const loss = (k: number, i: number, step: number): number => {
      const moved = numbers.map((data, j) => (j === k ? data.with(i, (data[i] as number) + step) : data))
      const y = values(
        op,
        moved.map((data, j) => [data, at[j]?.shape ?? []] as const),
      )
      return y.reduce((sum, v, j) => sum + v * (weights[j] as number), 0)
    }
    return at.map((x, k) =>
      Float64Array.from({ length: sizeOf(x.shape) }, (_, i) => {
        const slope = (h: number) => (loss(k, i, h) - loss(k, i, -h)) / (2 * h)
        return (4 * slope(STEP) - slope(2 * STEP)) / 3
      }),
    )
  })
}
