import '@tensorflow/tfjs-backend-cpu'
import { float32 } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import type * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { clipByGlobalNorm } from './clip.ts'

const clip = (maxNorm: number) =>
  eager((a: tf.Tensor1D, b: tf.Tensor2D) => clipByGlobalNorm<tf.Tensor>([a, b], maxNorm))(
    float32([2, 3]),
    float32([6, 0], [2, 1]),
  )

test('scales all gradients together, as PyTorch does', async () => {
  const { gradients, norm } = await clip(1)
  expect(norm.data[0]).toBe(7)
  const scale = 1 / (7 + 1e-6)
  expect(gradients.map((g) => [...g.data])).toEqual([
    [Math.fround(2 * scale), Math.fround(3 * scale)].map((x) => expect.closeTo(x, 6)),
    [expect.closeTo(6 * scale, 6), 0],
  ])
  expect(gradients[1]!.shape).toEqual([2, 1])
})

test.each([8, Number.POSITIVE_INFINITY])('leaves gradients below %s as they are', async (maxNorm) => {
  const { gradients, norm } = await clip(maxNorm)
  expect(norm.data[0]).toBe(7)
  expect(gradients.map((g) => [...g.data])).toEqual([
    [2, 3],
    [6, 0],
  ])
})
