import '@tensorflow/tfjs-backend-cpu'
import '../gradients.ts'
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { checkOp } from '../check-op.ts'
import { resizeBicubic, resizeBilinear, resizeMatrix, upsampleNearest2x } from './resize.ts'

const [n, h, w, c] = [2, 3, 2, 3] as const

test('upsampleNearest2x repeats pixels, with its gradient', () =>
  checkOp({
    shapes: [[n, h, w, c]],
    op: (x) => upsampleNearest2x(x as tf.Tensor4D),
    reference: (x) =>
      Array.from({ length: 4 * n * h * w * c }, (_, i) => {
        const column = Math.floor(i / c) % (2 * w)
        const row = Math.floor(i / (c * 2 * w)) % (2 * h)
        const image = Math.floor(i / (c * 4 * w * h))
        return x![((image * h + (row >> 1)) * w + (column >> 1)) * c + (i % c)]!
      }),
  }))

test.each([
  [6, 8],
  [5, 3],
  [2, 1],
])('resizeBilinear to %i×%i interpolates between pixel centres, with its gradient', (height, width) => {
  const at = (i: number, from: number, to: number) => Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1)
  const tent = (distance: number) => Math.max(0, 1 - Math.abs(distance))
  checkOp({
    shapes: [[n, h, w, c]],
    op: (x) => resizeBilinear(x as tf.Tensor4D, [height, width]),
    reference: (x) =>
      Array.from({ length: n * height * width * c }, (_, i) => {
        const v = at(Math.floor(i / c) % width, w, width)
        const u = at(Math.floor(i / (c * width)) % height, h, height)
        const image = Math.floor(i / (c * width * height))
        let sum = 0
        for (let row = 0; row < h; row++)
          for (let column = 0; column < w; column++)
            sum += tent(u - row) * tent(v - column) * x![((image * h + row) * w + column) * c + (i % c)]!
        return sum
      }),
  })
})

test('resizeBilinear agrees with PyTorch on a ramp', () => {
  // F.interpolate(torch.tensor([[[[0., 1., 4.]]]]), size=(1, 6), mode='bilinear', align_corners=False)
  const y = resizeBilinear(tf.tensor4d([0, 1, 4], [1, 1, 3, 1]), [1, 6])
  expect(Array.from(y.dataSync())).toEqual([0, 0.25, 0.75, 1.75, 3.25, 4])
})

test.each([
  [6, 8],
  [5, 3],
  [2, 1],
])('resizeBicubic to %i×%i interpolates by Keys’ kernel, with its gradient', (height, width) => {
  const keys = (distance: number) => {
    const d = Math.abs(distance)
    if (d >= 2) return 0
    return d <= 1 ? 1.5 * d ** 3 - 2.5 * d ** 2 + 1 : -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2
  }
  const weights = (i: number, from: number, to: number) => {
    const raw = Array.from({ length: from }, (_, pixel) => keys(((i + 0.5) * from) / to - 0.5 - pixel))
    const sum = raw.reduce((a, b) => a + b)
    return raw.map((weight) => weight / sum)
  }
  checkOp({
    shapes: [[n, h, w, c]],
    op: (x) => resizeBicubic(x as tf.Tensor4D, [height, width]),
    reference: (x) =>
      Array.from({ length: n * height * width * c }, (_, i) => {
        const columns = weights(Math.floor(i / c) % width, w, width)
        const rows = weights(Math.floor(i / (c * width)) % height, h, height)
        const image = Math.floor(i / (c * width * height))
        let sum = 0
        for (let row = 0; row < h; row++)
          for (let column = 0; column < w; column++)
            sum += rows[row]! * columns[column]! * x![((image * h + row) * w + column) * c + (i % c)]!
        return sum
      }),
  })
})

test('resizeBicubic agrees with Pillow and PyTorch on a row', () => {
  // F.interpolate(torch.tensor([[[[0., 1., 4., -2.]]]]), size=(1, 8), mode='bicubic', antialias=True); Image.BICUBIC gives the same.
  const expected = [-0.08823529631, 0.12408759445, 0.57251906395, 1.8203125, 3.8359375, 2.87786269188, -0.79562044144]
  const y = resizeBicubic(tf.tensor4d([0, 1, 4, -2], [1, 1, 4, 1]), [1, 8]).dataSync()
  for (const [i, value] of [...expected, -2.52941179276].entries()) expect(y[i]).toBeCloseTo(value, 5)
})

interface PillowCase {
  from: [number, number]
  to: [number, number]
  x: number[]
  bilinear: number[]
  bicubic: number[]
}

// benchmarks/fixtures/resize.py; PyTorch's F.interpolate with antialias=True differs from these by 7e-7 at most.
const pillow = JSON.parse(
  readFileSync(new URL('../fixtures/pillow-resize.json', import.meta.url), 'utf8'),
) as readonly PillowCase[]

describe.each(pillow)('with antialias, $from to $to', ({ from, to, x, ...expected }) => {
  const resized = { bilinear: resizeBilinear, bicubic: resizeBicubic }
  test.each(['bilinear', 'bicubic'] as const)('%s is what Pillow makes of it, at the borders too', (name) => {
    const y = resized[name](tf.tensor4d(x, [1, ...from, 1]), to, { antialias: true })
    expect(y.shape).toEqual([1, ...to, 1])
    const values = y.dataSync()
    for (const [i, value] of expected[name].entries()) expect(values[i]).toBeCloseTo(value, 5)
  })
})

test('the gradient of an antialiased resize is the transposed product', () => {
  const x = tf.tensor4d([3, -1, 4, 1, -5, 9, 2, 6], [1, 1, 8, 1])
  for (const resize of [resizeBilinear, resizeBicubic]) {
    const y = (x: tf.Tensor) => resize(x as tf.Tensor4D, [1, 3], { antialias: true })
    const weights = tf.tensor4d([2, -3, 7], [1, 1, 3, 1])
    const gradient = tf
      .grad((x) => tf.sum(tf.mul(y(x), weights)))(x)
      .dataSync()
    // It is linear: the gradient is what each pixel alone gives.
    for (let i = 0; i < 8; i++) {
      const alone = tf.tensor4d(
        Array.from({ length: 8 }, (_, k) => (k === i ? 1 : 0)),
        [1, 1, 8, 1],
      )
      expect(gradient[i]).toBeCloseTo(tf.sum(tf.mul(y(alone), weights)).dataSync()[0]!, 5)
    }
  }
})

test.each([
  [12, 4],
  [7, 3],
  [9, 8],
  [5, 5],
  [3, 7],
])('the matrix of areas from %i to %i pixels is the mean of what each new pixel covers', (from, to) => {
  // Each pixel is cut into `to` equal parts, and each new pixel has `from` of them.
  const expected = Array.from({ length: to }, (_, i) => {
    const parts = Array.from({ length: from }, (_, k) => Math.floor((i * from + k) / to))
    return Array.from({ length: from }, (_, pixel) => parts.filter((part) => part === pixel).length / from)
  }).flat()
  const matrix = resizeMatrix(from, to, 'area')
  expect(Math.max(...matrix.map((x, k) => Math.abs(x - expected[k]!)))).toBeLessThan(1e-7)
})

test.each(['bilinear', 'bicubic'] as const)('the matrix of %s is that of the operation, antialiased', (method) => {
  const resize = { bilinear: resizeBilinear, bicubic: resizeBicubic }[method]
  for (const [from, to] of [
    [9, 4],
    [4, 9],
  ] as const) {
    const x = tf.randomNormal<tf.Rank.R4>([1, from, 1, 2], 0, 1, 'float32', 3)
    const made = tf.matMul(tf.tensor2d(resizeMatrix(from, to, method), [to, from]), tf.reshape(x, [from, 2]))
    expect([...made.dataSync()]).toEqual([...resize(x, [to, 1], { antialias: true }).dataSync()])
  }
})

test.each(['area', 'bilinear', 'bicubic'] as const)('to the same size the matrix of %s is the identity', (method) => {
  const identity = Array.from({ length: 49 }, (_, k) => Number(k % 8 === 0))
  expect([...resizeMatrix(7, 7, method)].map(Math.abs)).toEqual(identity)
})
