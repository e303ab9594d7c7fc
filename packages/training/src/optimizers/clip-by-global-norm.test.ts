import '@tensorflow/tfjs-backend-cpu'
import { float32 } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import type * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { globalNorm } from '../step/global-norm.ts'
import { clipFactor } from './clip-by-global-norm.ts'

test('the norm is that of all gradients together', async () => {
  const norm = eager((a: tf.Tensor1D, b: tf.Tensor2D) => globalNorm([a, b]))
  expect((await norm(float32([2, 3]), float32([6, 0], [2, 1]))).data[0]).toBe(7)
})

test('a larger norm is brought down to the largest, as PyTorch does; a smaller one stays', () => {
  // torch.nn.utils.clip_grad_norm_ of [2, 3, 6] to 1 in float64 gives 2/7.000001, …
  expect(clipFactor(7, 1)).toBe(1 / 7.000001)
  expect(clipFactor(7, 8)).toBe(1)
  expect(clipFactor(7, Number.POSITIVE_INFINITY)).toBe(1)
})
