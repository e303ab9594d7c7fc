import '@tensorflow/tfjs-backend-cpu'
import '../gradients.ts'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { stopGradient } from './stop-gradient.ts'

test('is the identity, and a constant to gradients', () => {
  const x = tf.tensor1d([1, -2, 3])
  expect(Array.from(stopGradient(x).dataSync())).toEqual([1, -2, 3])
  // d/dx of x · stop(x²) is stop(x²) = x²; with the gradient let through it would be 3x².
  const gradient = tf.grad((v: tf.Tensor) => tf.sum(tf.mul(v, stopGradient(tf.square(v)))))(x)
  expect(Array.from(gradient.dataSync())).toEqual([1, 4, 9])
})
