import '@tensorflow/tfjs-backend-cpu'
import '../gradients.ts'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'

type Op = (...xs: tf.Tensor[]) => tf.Tensor

/** Numbers without a pattern, apart enough that small steps do not change their order. */
const numbers = (shape: number[], seed: number): tf.Tensor => {
  const n = tf.util.sizeFromShape(shape)
  return tf.tensor(
    Float32Array.from({ length: n }, (_, i) => ((((i + 1) * 7919 + seed * 104729) % 1013) / 1013) * 4 - 2),
    shape,
  )
}

/** Compares gradients of a weighted sum of the result with central differences. */
function check(shapes: number[][], op: Op, zero?: number): void {
  tf.tidy(() => {
    const xs = shapes.map((shape, i) => numbers(shape, i))
    if (zero !== undefined) {
      const values = xs[0]!.dataSync().slice()
      values[zero] = 0
      xs[0] = tf.tensor(values, shapes[0]!)
    }
    const loss: Op = (...ys) => {
      const y = op(...ys)
      return tf.sum(tf.mul(y, numbers(y.shape, 50)))
    }
    const gradients = tf.grads(loss)(xs)
    gradients.forEach((gradient, k) => {
      expect(gradient.shape).toEqual(shapes[k])
      const data = xs[k]!.dataSync()
      const at = (i: number, step: number) => {
        const moved = tf.tensor(
          Float32Array.from(data, (v, j) => (i === j ? v + step : v)),
          shapes[k]!,
        )
        return loss(...xs.map((x, j) => (j === k ? moved : x))).dataSync()[0]!
      }
      // Every operation here is linear or quadratic in one element, for which central differences are exact.
      const step = 2 ** -7
      const actual = gradient.dataSync()
      data.forEach((_, i) => {
        const expected = (at(i, step) - at(i, -step)) / (2 * step)
        expect(Math.abs(actual[i]! - expected)).toBeLessThan(5e-3 * Math.max(1, Math.abs(expected)))
      })
    })
  })
}

const int = (values: number[], shape: number[]) => tf.tensor(values, shape, 'int32')

describe('einsum', () => {
  test.each(['ij,jk->ik', 'bij,bkj->bik', 'ij,ij->ij', 'ij,kl->iljk', 'ij,jk->ki', 'ij,ji->'])('%s', (equation) => {
    const lengths: Record<string, number> = { b: 2, i: 3, j: 2, k: 4, l: 2 }
    const shapes = equation
      .split('->')[0]!
      .split(',')
      .map((labels) => [...labels].map((label) => lengths[label]!))
    check(shapes, (a, b) => tf.einsum(equation, a!, b!))
  })
  test('of one operand', () => {
    check([[2, 3, 4]], (x) => tf.einsum('ijk->ki', x!))
    check([[2, 3]], (x) => tf.einsum('ij->ji', x!))
  })
})

describe('sums and products along axes', () => {
  test.each([0, 1, 2])('cumulative sums along axis %i', (axis) => {
    check([[2, 3, 4]], (x) => tf.cumsum(x!, axis))
    check([[2, 3, 4]], (x) => tf.cumsum(x!, axis, true, true))
  })
  test('products, of zeros too', () => {
    check([[2, 3, 2]], (x) => tf.prod(x!, [0, 2]))
    check([[2, 3, 2]], (x) => tf.prod(x!, 1, true), 3)
    check([[5]], (x) => tf.prod(x!), 2)
  })
})

describe('elements by their places', () => {
  test('gathers', () => {
    check([[3, 2]], (x) => tf.gather(x!, int([2, 0, 2], [3])))
    check([[2, 3, 2]], (x) => tf.gather(x!, int([2, 0, 2, 1], [2, 2]), 1))
    check([[2, 3, 2]], (x) => tf.gather(x!, int([2, 0, 1, 1], [2, 2]), 1, 1))
    check([[2, 2, 3]], (x) => tf.gather(x!, int([2, 0, 2, 1], [2, 2]), 2, 1))
    check([[2, 3, 2]], (x) => tf.gatherND(x!, int([0, 2, 1, 0, 0, 2], [3, 2])))
    check([[2, 3]], (x) => tf.gatherND(x!, int([1, 2], [2])))
    // Places that depend on the operand: its greatest elements.
    check([[2, 3, 4]], (x) => tf.gather(x!, tf.argMax(x!, 2), 2, 1))
  })
  test('scatters', () => {
    check([[3, 2]], (x) => tf.scatterND(int([1, 3, 1], [3, 1]), x!, [4, 2]))
    check([[3]], (x) => tf.scatterND(int([1, 3, 1], [3]), x!, [4]))
    check(
      [
        [4, 2],
        [2, 2],
      ],
      (x, y) => tf.tensorScatterUpdate(tf.add(x!, 0), int([1, 3], [2, 1]), y!),
    )
  })
  test('the greatest', () => check([[3, 5]], (x) => tf.topk(x!, 2).values))
  test('slices with strides, backwards and with axes left out', () => {
    check([[4, 5]], (x) => tf.stridedSlice(x!, [0, 4], [4, 0], [2, -2]))
    check([[2, 4, 5]], (x) => tf.stridedSlice(x!, [0, 1, 0], [2, 4, 5], [1, 1, 3], 0b001, 0b100))
  })
})

test('what only moves elements', () => {
  check([[1, 2, 3, 8]], (x) => tf.depthToSpace(x as tf.Tensor4D, 2))
  check([[2, 3, 4, 2]], (x) => tf.image.flipLeftRight(x as tf.Tensor4D))
  check([[2, 3]], (x) => tf.diag(x!))
})
