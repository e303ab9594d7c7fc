import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import { integers, lay, normal, operand, runs, seeds } from '../../testing/arbitraries.ts'
import { blockKernels } from './blocks.ts'

const side = fc.integer({ min: 1, max: 3 })
const sides = fc.tuple(fc.nat(2), fc.nat(2))

const cases = fc
  .record({
    n: side,
    block: fc.tuple(side, side),
    grid: fc.tuple(side, side),
    channels: side,
    pads: fc.tuple(sides, sides),
  })
  .chain(({ n, block, grid, channels, pads }) => {
    // Padded they are whole blocks, and cut they are at least one pixel.
    const padded = grid.map((g, i) => (g + 4) * block[i]!)
    const [height, width] = padded.map((d, i) => d - pads[i]![0] - pads[i]![1]) as [number, number]
    return fc.record({
      block: fc.constant(block),
      pads: fc.constant(pads as [[number, number], [number, number]]),
      image: operand([n, height, width, channels]),
      batch: operand([n * block[0] * block[1], grid[0] + 4, grid[1] + 4, channels]),
      seed: seeds,
    })
  })

test('blocks of pixels to batches and back, with gradients', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ block, pads, image, batch, seed }) => {
      const out = (x: tf.Tensor) => tf.spaceToBatchND(lay(x, image), block, pads)
      const back = (x: tf.Tensor) => tf.batchToSpaceND(lay(x, batch), block, pads)
      return expectAgreement(
        (a: tf.Tensor, b: tf.Tensor, i: tf.Tensor) => ({
          out: out(a),
          back: back(b),
          integers: out(i),
          gradients: [gradientsOf(out)(a), gradientsOf(back)(b)],
        }),
        [normal(image, seed), normal(batch, seed, 'batch'), integers(-9, 9, image, seed)],
      )
    }),
    runs(15),
  ))

test('dilated pools, which tfjs composes of them', () => {
  const x = { shape: [2, 9, 8, 3], perm: [0, 1, 2, 3] }
  const pool = (t: tf.Tensor, type: 'avg' | 'max') => tf.pool(t as tf.Tensor4D, 2, type, 'same', [2, 2], 1)
  return expectAgreement(
    (t: tf.Tensor) => ({
      mean: pool(t, 'avg'),
      greatest: pool(t, 'max'),
      gradient: gradientsOf((y) => pool(y, 'max'))(t),
    }),
    [normal(x, 1)],
  )
})

const deep = fc
  .tuple(side, side, side, side, fc.constantFrom(2, 3))
  .chain(([n, h, w, c, b]) => fc.record({ x: operand([n, h, w, c * b * b]), b: fc.constant(b), seed: seeds }))

test('channels to blocks of pixels, channels last or first', () =>
  fc.assert(
    fc.asyncProperty(deep, ({ x, b, seed }) => {
      // The cpu backend has the first only.
      const first = (t: tf.Tensor4D): tf.Tensor =>
        tf.getBackend() === 'trace'
          ? tf.depthToSpace(tf.transpose(t, [0, 3, 1, 2]), b, 'NCHW')
          : tf.transpose(tf.depthToSpace(t, b), [0, 3, 1, 2])
      return expectAgreement(
        (a: tf.Tensor) => ({ last: tf.depthToSpace(lay<tf.Tensor4D>(a, x), b), first: first(lay<tf.Tensor4D>(a, x)) }),
        [normal(x, seed)],
      )
    }),
    runs(12),
  ))

test('mirror images', () =>
  expectAgreement(
    (t: tf.Tensor4D) => tf.image.flipLeftRight(t),
    [normal({ shape: [2, 3, 5, 2], perm: [0, 1, 2, 3] }, 1)],
  ))

test('no kernel is left out', () => {
  expect(Object.keys(blockKernels).filter((name) => !compared.has(name))).toEqual([])
})
