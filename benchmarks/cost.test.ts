import { float32, type NDArray, zeros } from '@cascade-diffusion/arrays'
import { attention } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { unet } from '@cascade-diffusion/unet'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { multiplyAdds } from './cost.ts'
import { models } from './models.ts'
import { forward, train } from './network-ours.ts'

const array = (...shape: number[]): NDArray<'float32'> => zeros(shape, 'float32')

test('a product counts rows times columns times what is summed over, and its gradients as much each', () => {
  const product = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.matMul(a, b, true)
  expect(multiplyAdds(product, [array(7, 2), array(7, 5)])).toBe(2 * 5 * 7)
  const grads = tf.grads((a, b) => tf.sum(tf.square(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D))))
  expect(multiplyAdds((a: tf.Tensor, b: tf.Tensor) => grads([a, b]), [array(2, 7), array(7, 5)])).toBe(3 * 2 * 5 * 7)
})

test('a convolution counts every tap at every output, beyond the edges too', () => {
  const conv = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, 2, 'same')
  expect(multiplyAdds(conv, [array(3, 8, 6, 4), array(3, 3, 4, 5)])).toBe(3 * (4 * 3 * 5) * (9 * 4))
})

test('attention counts its two products', () => {
  const self = (q: tf.Tensor3D) => attention(q, tf.add(q, 1), tf.add(q, 2))
  expect(multiplyAdds(self, [array(2, 10, 4)])).toBe(2 * (2 * 10 * 10 * 4))
})

test('the network counts what PyTorch counts for the peer', () => {
  const n = 2
  const batch = { x: array(n, 32, 32, 3), noise: array(n, 32, 32, 3), t: float32([1, 2]) }
  const weights = unet(models.improved).init(rng(0))
  const count = ({ traced }: ReturnType<typeof train>) => multiplyAdds(traced.fn, traced.args)
  // torch.utils.flop_counter.FlopCounterMode, two operations each.
  expect(2 * count(forward(weights, batch, 1) as never)).toBe(6_456_541_184)
  expect(2 * count(train(weights, batch, 1))).toBe(19_362_480_128)
})
