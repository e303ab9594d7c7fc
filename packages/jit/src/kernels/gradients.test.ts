import { float32, int32 } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import { test } from 'vitest'
import { cpu } from '../lower/target.ts'
import { expectAgreement, expectClose, gradientsOf, runOn } from '../testing/agreement.ts'
import { normal } from '../testing/arbitraries.ts'

const plain = (...shape: number[]) => ({ shape, perm: shape.map((_, i) => i) })

test('gradients that @cascade-diffusion/ops adds to those of tfjs', () =>
  expectAgreement(
    (x: tf.Tensor, y: tf.Tensor, k: tf.Tensor, image: tf.Tensor) => ({
      einsum: gradientsOf((a, b) => tf.einsum('ijk,lk->lij', a, b))(x, y),
      cumsum: [0, 1, 2].map((axis) => gradientsOf((a) => tf.cumsum(a, axis, true))(x)),
      prod: [undefined, 0, [0, 2]].map((axis) => gradientsOf((a) => tf.prod(a, axis))(x)),
      gather: gradientsOf((a) => tf.gather(a, k, 1, 1))(x),
      gatherND: gradientsOf((a) => tf.gatherND(a, k))(x),
      scatterND: gradientsOf((a) => tf.scatterND(tf.cast(k, 'int32'), tf.slice(a, 0, 2), [3, 3, 4]))(y),
      update: gradientsOf((a, b) => tf.tensorScatterUpdate(tf.add(a, 0), k, tf.slice(b, 0, 2)))(x, y),
      topk: gradientsOf((a) => tf.topk(a, 2).values)(x),
      stridedSlice: gradientsOf((a) => tf.stridedSlice(a, [0, 2, 0], [2, 0, 4], [1, -1, 3]))(x),
      depthToSpace: gradientsOf((a) => tf.depthToSpace(a as tf.Tensor4D, 2))(image),
      flip: gradientsOf((a) => tf.image.flipLeftRight(a as tf.Tensor4D))(image),
      diag: gradientsOf((a) => tf.diag(a))(y),
    }),
    [normal(plain(2, 3, 4), 1), normal(plain(3, 4), 2), int32([0, 2, 1, 0], [2, 2]), normal(plain(1, 2, 3, 8), 3)],
  ))

test('the gradient of a slice that leaves out an axis, which the cpu backend cannot do', async () => {
  const fn = tf.grad((x: tf.Tensor) => tf.stridedSlice(x, [1, 0], [2, 3], [1, 2], 0, 0, 0, 0, 1))
  const gradient = await runOn(cpu, fn, [float32(new Float32Array(6), [2, 3])])
  expectClose(gradient, float32([0, 0, 0, 1, 0, 1], [2, 3]), 0)
})
