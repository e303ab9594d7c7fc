import '@tensorflow/tfjs-backend-cpu'
import './gradients.ts'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { checkOp } from './check-op.ts'
import { resizeBilinear, upsampleNearest2x } from './resize.ts'

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
