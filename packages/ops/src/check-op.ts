import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

/** Numbers between -1 and 1 from a linear congruential generator. */
function numbers(n: number, seed: number): Float64Array {
  let state = seed + 1
  return Float64Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.fround(state / 2 ** 31 - 1)
  })
}

export interface OpCheck {
  /** Shapes of the inputs. */
  shapes: number[][]
  op: (...inputs: tf.Tensor[]) => tf.Tensor
  /** The same operation on flat float64 arrays. */
  reference: (...inputs: Float64Array[]) => ArrayLike<number>
  /** Factor of the random inputs. */
  scale?: number
}

/** Compares values with the reference, and gradients with central differences of the reference in float64. */
export function checkOp({ shapes, op, reference, scale = 1 }: OpCheck): void {
  const inputs = shapes.map((shape, i) => numbers(tf.util.sizeFromShape(shape), i).map((x) => Math.fround(x * scale)))
  const expected = Array.from(reference(...inputs))
  const weights = numbers(expected.length, 100)
  const loss = (xs: Float64Array[]) => Array.from(reference(...xs)).reduce((sum, y, i) => sum + y * weights[i]!, 0)

  tf.tidy(() => {
    const tensors = inputs.map((x, i) => tf.tensor(Float32Array.from(x), shapes[i]))
    const y = op(...tensors)
    expect(greatestDifference(y.dataSync(), expected)).toBeLessThan(1e-5)

    const weighted = (...xs: tf.Tensor[]) => tf.sum(tf.mul(op(...xs), tf.tensor(Float32Array.from(weights), y.shape)))
    const gradients = tf.grads(weighted)(tensors)
    gradients.forEach((gradient, k) => {
      expect(gradient.shape).toEqual(shapes[k])
      const differences = Array.from(inputs[k]!, (_, i) => {
        const at = (step: number) => loss(inputs.map((x, j) => (j === k ? x.with(i, x[i]! + step) : x)))
        return (at(1e-5) - at(-1e-5)) / 2e-5
      })
      const size = Math.max(1, ...differences.map(Math.abs))
      expect(greatestDifference(gradient.dataSync(), differences) / size).toBeLessThan(2e-5)
    })
  })
}
