import '@tensorflow/tfjs-backend-cpu'
import '../gradients.ts'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { recompute } from './recompute.ts'

const piece = (x: tf.Tensor, w: tf.Tensor) => tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D))
const chain = (f: typeof piece) => (x: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(f(f(x, a), b)))
const inputs = () => [
  tf.tensor2d([0.5, -1, 2, 0.1, 0.3, -0.7], [3, 2]),
  tf.tensor2d([0.2, -0.4, 0.6, 0.8], [2, 2]),
  tf.tensor2d([1, -0.3, 0.2, 0.5], [2, 2]),
]

test('values and gradients are those of the function', () => {
  const given = inputs()
  const plain = tf.valueAndGrads(chain(piece) as never)(given)
  const again = tf.valueAndGrads(chain(recompute(piece)) as never)(given)
  expect(again.value.dataSync()).toEqual(plain.value.dataSync())
  for (const [i, gradient] of again.grads.entries())
    expect(Array.from(gradient.dataSync())).toEqual(Array.from(plain.grads[i]!.dataSync()))
})

test('the function runs once forward and once more backward', () => {
  let runs = 0
  const counted = recompute((x: tf.Tensor) => {
    runs++
    return tf.exp(x)
  })
  const x = tf.tensor1d([0, 1])
  counted(x)
  expect(runs).toBe(1)
  const [dx] = tf.grads((...xs: tf.Tensor[]) => tf.sum(counted(xs[0]!)))([x])
  expect(runs).toBe(3)
  expect(dx!.dataSync()[1]).toBeCloseTo(Math.E, 5)
})

test('no tensor is left over', () => {
  const given = inputs()
  const before = tf.memory().numTensors
  tf.tidy(() => void tf.valueAndGrads(chain(recompute(piece)) as never)(given))
  expect(tf.memory().numTensors).toBe(before)
})
