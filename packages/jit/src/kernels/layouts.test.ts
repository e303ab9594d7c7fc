import { groupNorm, silu, upsampleNearest2x } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { cpu, portable } from '../lower/target.ts'
import { expectAgreement, gradientsOf } from '../testing/agreement.ts'
import { normal } from '../testing/arbitraries.ts'
import { onnxOf } from '../testing/onnx-of.ts'

/** Images [N, H, W, 3]; with axes of length 1 several layouts are the same in memory. */
const images = [
  [2, 5, 4, 3],
  [1, 6, 1, 3],
  [3, 1, 2, 3],
  [1, 1, 1, 3],
]

const CHANNELS = 6
const plain = (shape: readonly number[]) => ({ shape, perm: shape.map((_, i) => i) })

/** What a convolution leaves: rows and columns outermost on `cpu`, channels before them on `portable`. */
const convolved = (x: tf.Tensor, filter: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same')

const subsets = Array.from({ length: 16 }, (_, bits) => [0, 1, 2, 3].filter((axis) => bits & (1 << axis)))

type Results = Record<string, tf.Tensor | tf.Tensor[] | Record<string, tf.Tensor>>

/**
 * What each family of kernels makes of a convolution's result `y`, which `other` has the shape but not the layout of.
 */
const families: Record<string, (y: tf.Tensor4D, other: tf.Tensor4D) => Results> = {
  'element-wise': (y, other) => {
    const [n, h, w, c] = y.shape
    const ones = (...shape: number[]) => tf.add(tf.reshape(tf.range(0, tf.util.sizeFromShape(shape)), shape), 0.5)
    return {
      unary: silu(tf.exp(tf.neg(y))),
      scalar: tf.mul(y, 3),
      channels: tf.add(y, ones(c)),
      column: tf.sub(ones(w, 1), y),
      rows: tf.mul(y, ones(h, 1, c)),
      images: tf.div(y, ones(n, 1, 1, c)),
      five: tf.add(y, ones(2, 1, 1, 1, 1)),
      other: tf.maximum(other, y),
      where: tf.where(tf.greater(y, 0), other, tf.zerosLike(y)),
      broadcast: tf.add(tf.slice(y, [0, 0, 0, 0], [1, h, 1, c]), tf.slice(other, [0, 0, 0, 0], [n, 1, w, c])),
      compared: tf.cast(tf.less(y, other), 'int32'),
    }
  },
  reductions: (y) => ({
    sum: subsets.map((axes) => tf.sum(y, axes)),
    kept: subsets.map((axes) => tf.sum(y, axes, true)),
    mean: subsets.map((axes) => tf.mean(y, axes)),
    max: subsets.map((axes) => tf.max(y, axes)),
    argMax: [0, 1, 2, 3].map((axis) => tf.argMax(tf.round(y), axis)),
    cumsum: [0, 1, 2, 3].map((axis) => tf.cumsum(y, axis)),
    moments: tf.moments(y, [1, 2]).variance,
    softmax: tf.softmax(y),
    norm: tf.norm(y),
  }),
  reshapes: (y, other) => {
    const [n, h, w, c] = y.shape
    const to = (...shape: number[]) => tf.exp(tf.reshape(y, shape))
    return {
      pixels: to(n, h * w, c),
      rows: to(n * h, w, c),
      columns: to(n, h, w * c),
      flat: to(n * h * w * c),
      grouped: to(n, h, w, 2, c / 2),
      regrouped: to(n, h * w * 2, c / 2),
      pixelsAndGroups: tf.transpose(to(n, h * w, 2, c / 2), [0, 2, 1, 3]),
      back: tf.add(tf.reshape(to(n, h * w, c), y.shape), other),
      ones: tf.add(to(n, 1, h, w, 1, c), 1),
    }
  },
  transposes: (y, other) => ({
    channelsFirst: tf.transpose(y, [0, 3, 1, 2]),
    reversed: tf.transpose(y),
    twice: tf.transpose(tf.transpose(y, [3, 1, 0, 2]), [1, 0, 2, 3]),
    sum: tf.add(tf.transpose(y, [2, 1, 0, 3]), tf.transpose(other, [2, 1, 0, 3])),
  }),
  parts: (y, other) => {
    const [n, h, w, c] = y.shape
    return {
      slice: tf.slice(y, [0, h - 1, 0, 1], [n, 1, w, c - 2]),
      strided: tf.stridedSlice(y, [0, 0, 0, c - 1], [n, h, w, 0], [1, 2, 2, -2]),
      reverse: tf.reverse(y, [1, 3]),
      concat: [0, 1, 2, 3].flatMap((axis) => [tf.concat([y, other], axis), tf.concat([other, y, y], axis)]),
      split: tf.split(y, [1, 2, 3], 3),
      thirds: tf.split(tf.concat([y, y], 1), 2, 1),
      stack: [0, 2, 4].map((axis) => tf.stack([y, other], axis)),
      unstack: tf.unstack(y, 3),
      pad: tf.pad(
        y,
        [
          [0, 1],
          [1, 2],
          [2, 0],
          [1, 1],
        ],
        0.5,
      ),
      mirror: tf.mirrorPad(
        y,
        [
          [1, 0],
          [0, 1],
          [1, 1],
          [2, 3],
        ],
        'symmetric',
      ),
      tile: tf.tile(y, [2, 1, 3, 2]),
      expand: tf.broadcastTo(tf.slice(y, [0, 0, 0, 0], [n, 1, 1, c]), [n, 3, 2, c]),
      gather: [0, 1, 2, 3].map((axis) => tf.gather(y, tf.tensor1d([0, 0], 'int32'), axis)),
    }
  },
  products: (y, other) => {
    const [n, h, w, c] = y.shape
    const tokens = (x: tf.Tensor) => tf.reshape(x, [n, h * w, c])
    return {
      pixels: tf.matMul(tokens(y), tf.reshape(tf.range(0, c * 2), [c, 2])),
      scores: tf.softmax(tf.matMul(tokens(y), tokens(other), false, true)),
      channels: tf.matMul(tokens(y), tokens(other), true, false),
      batches: tf.matMul(y, other, false, true),
    }
  },
  images: (y, other) => {
    const [, h, w] = y.shape
    const gain = tf.linspace(0.5, 2, CHANNELS)
    return {
      norm: groupNorm(y, gain, tf.neg(gain), { groups: 3, epsilon: 0.1 }),
      up: upsampleNearest2x(y),
      bilinear: tf.image.resizeBilinear(y, [h + 3, w + 2]),
      nearest: tf.image.resizeNearestNeighbor(y, [h + 1, 2 * w]),
      mean: tf.avgPool(y, [h, w], 1, 'valid'),
      max: tf.maxPool(y, 2, 1, 'same'),
      again: tf.conv2d(y, tf.reshape(tf.linspace(-1, 1, 9 * CHANNELS * 2), [3, 3, CHANNELS, 2]), 1, 'same'),
      residual: tf.relu(tf.add(tf.conv2d(y, tf.ones([1, 1, CHANNELS, CHANNELS]), 1, 'same'), other)),
    }
  },
}

describe.each(images.map((shape) => ({ shape })))('an image $shape out of a convolution', ({ shape }) => {
  const args = [
    normal(plain(shape), 1),
    normal(plain([3, 3, 3, CHANNELS]), 1, 'filter'),
    normal(plain([...shape.slice(0, 3), CHANNELS]), 1, 'other'),
  ]

  test.each(Object.keys(families))('%s', (family) =>
    expectAgreement(
      (x: tf.Tensor, filter: tf.Tensor, other: tf.Tensor4D) => families[family]!(convolved(x, filter), other),
      args,
      // Of dot products of 27 numbers, some of which cancel, most here go on through sums of up to 120 terms.
      { tolerance: 3e-5 },
    ),
  )

  test('gradients through all of them', () =>
    expectAgreement(
      (x: tf.Tensor, filter: tf.Tensor, other: tf.Tensor4D) =>
        gradientsOf((a, b) => {
          const y = convolved(a, b)
          const [n, h, w, c] = y.shape
          const tokens = tf.reshape(y, [n, h * w, c])
          const mixed = tf.matMul(tf.softmax(tf.matMul(tokens, tokens, false, true)), tokens)
          const image = silu(groupNorm(tf.reshape(mixed, [n, h, w, c]), tf.ones([c]), tf.zeros([c]), { groups: 2 }))
          const joined = tf.concat([upsampleNearest2x(image), upsampleNearest2x(other)], 3)
          const [left, right] = tf.split(
            tf.pad(joined, [
              [0, 0],
              [1, 0],
              [0, 1],
              [0, 0],
            ]),
            2,
            3,
          ) as [tf.Tensor, tf.Tensor]
          return tf.mean(tf.mul(tf.transpose(left, [0, 3, 1, 2]), tf.transpose(right, [0, 3, 1, 2])), [2])
        })(x, filter),
      args,
      { tolerance: 1e-4 },
    ))
})

describe('between two convolutions nothing is moved', () => {
  const block = (x: tf.Tensor4D, filter: tf.Tensor4D, gain: tf.Tensor1D) => {
    const y = tf.conv2d(x, filter, 1, 'same')
    const normed = silu(groupNorm(tf.add(y, gain), gain, gain, { groups: 4 }))
    const pooled = tf.mean(normed, [1, 2], true)
    const both = tf.concat(
      [tf.mul<tf.Tensor4D>(normed, pooled), upsampleNearest2x(tf.avgPool(normed, 2, 2, 'valid'))],
      3,
    )
    return tf.conv2d(tf.slice(both, [0, 0, 0, 8], [-1, -1, -1, 16]), filter, 1, 'same')
  }
  const shapes = [[2, 8, 8, 16], [3, 3, 16, 16], [16]]
  const transposed = (target: typeof cpu) =>
    onnxOf(target, block, shapes)
      .nodes.filter((node) => node.opType === 'Transpose')
      .map((node) => String(node.attributes.perm))

  test('on cpu, but the argument, the result, and the tiles of Winograd’s method', () => {
    const perms = transposed(cpu)
    expect(perms.filter((perm) => perm.split(',').length === 4).sort()).toEqual(['1,2,0,3', '2,0,1,3'])
  })

  test('on a portable target, around 1×1 convolutions neither', () => {
    const point = (x: tf.Tensor4D, filter: tf.Tensor4D) =>
      tf.conv2d(tf.relu(tf.conv2d(x, filter, 1, 'same')), filter, 1, 'same')
    const { nodes } = onnxOf(portable, point, [
      [2, 8, 8, 16],
      [1, 1, 16, 16],
    ])
    expect(nodes.filter((node) => node.opType === 'Conv')).toHaveLength(2)
    // The argument, the filter and the result.
    expect(nodes.filter((node) => node.opType === 'Transpose')).toHaveLength(3)
  })
})
