import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { resizeBicubic, resizeBilinear, upsampleNearest2x } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpu, portable } from '../../lower/target.ts'
import { compared, expectAgreement, expectClose, gradientsOf, reference, runOn } from '../../testing/agreement.ts'
import { integers, lay, normal, operand, runs, seeds } from '../../testing/arbitraries.ts'
import { resizeKernels } from './resize.ts'

const length = fc.integer({ min: 1, max: 7 })

const cases = fc
  .tuple(fc.integer({ min: 1, max: 2 }), length, length, fc.integer({ min: 1, max: 3 }))
  .chain(operand)
  .chain((x) =>
    fc.record({
      x: fc.constant(x),
      size: fc.oneof(
        fc.tuple(length, length),
        fc.constantFrom(2, 3).map((k) => [k * x.shape[1]!, k * x.shape[2]!] as [number, number]),
      ),
      sampling: fc.constantFrom([false, false], [true, false], [false, true]) as fc.Arbitrary<[boolean, boolean]>,
      seed: seeds,
    }),
  )

// Image.fromarray([[0, 0, 255, 255, 0, 0, 255, 255]] of mode F).resize((3, 1)) of Pillow 13.
test.each([
  ['bilinear', resizeBilinear, [80.52631, 127.5, 174.47368]],
  ['bicubic', resizeBicubic, [82.33472, 127.5, 172.66528]],
] as const)('antialiased %s resizing, compiled and eager, is Pillow’s at the borders', async (_, resize, expected) => {
  const x = float32([0, 0, 255, 255, 0, 0, 255, 255], [1, 1, 8, 1])
  const fn = (x: tf.Tensor4D) => resize(x, [1, 3], { antialias: true })
  const right = float32(expected, [1, 1, 3, 1])
  for (const target of [cpu, portable]) expectClose(await runOn(target, fn, [x]), right, 1e-7, target.name)
  expectClose(await reference(fn, [x]), right, 1e-7, 'eager')
})

test('values for every way to place the pixels', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ x, size, sampling, seed }) =>
      expectAgreement(
        (a: tf.Tensor, i: tf.Tensor) => {
          const image = lay<tf.Tensor4D>(a, x)
          return {
            bilinear: tf.image.resizeBilinear(image, size, ...sampling),
            nearest: tf.image.resizeNearestNeighbor(image, size, ...sampling),
            integers: tf.image.resizeNearestNeighbor(lay<tf.Tensor4D>(i, x), size, ...sampling),
            bilinearOfIntegers: tf.image.resizeBilinear(lay<tf.Tensor4D>(i, x), size, ...sampling),
          }
        },
        [normal(x, seed), integers(-9, 9, x, seed)],
      ),
    ),
    runs(25),
  ))

/**
 * F.interpolate of PyTorch 2.15 without aligned corners, of i² mod 7 in 3×4 pixels: `bilinear`, and `nearest-exact`.
 */
const interpolated: [size: [number, number], bilinear: number[], nearest: number[]][] = [
  [
    [2, 3],
    [0.708333, 2.5, 1.79167, 1.70833, 2.875, 1.54167],
    [0, 4, 2, 1, 2, 2],
  ],
  [
    [4, 6],
    [
      0, 0.5, 1.5, 3.5, 3, 2, 1.25, 2.0625, 2.75, 2.25, 1.4375, 0.75, 1.625, 2.8125, 3.5625, 1.8125, 1.0625, 0.75, 1,
      2.5, 3.66667, 2.33333, 2, 2,
    ],
    [0, 1, 1, 4, 2, 2, 2, 4, 4, 1, 0, 0, 2, 4, 4, 1, 0, 0, 1, 4, 4, 2, 2, 2],
  ],
  [[1, 1], [2.5], [1]],
]

test.each(interpolated)(
  'pixel centres at halves are PyTorch’s, to %s, compiled and eager',
  async (size, bilinear, nearest) => {
    const x = float32(
      Array.from({ length: 12 }, (_, i) => i ** 2 % 7),
      [1, 3, 4, 1],
    )
    const fn = (image: tf.Tensor4D) => [
      tf.image.resizeBilinear(image, size, false, true),
      tf.image.resizeNearestNeighbor(image, size, false, true),
      resizeBilinear(image, size),
    ]
    for (const found of [await reference(fn, [x]), await runOn(cpu, fn, [x]), await runOn(portable, fn, [x])])
      for (const [i, values] of [bilinear, nearest, bilinear].entries()) {
        const expected = float32(values, [1, ...size, 1])
        expectClose((found as NDArray[])[i], expected, 1e-6)
      }
  },
)

/** Σ a·b. */
const dot = (a: NDArray, b: NDArray) => Array.from(a.data).reduce((sum, y, i) => sum + y * (b.data[i] as number), 0)

test('gradients are the adjoint: ⟨resize x, dy⟩ = ⟨x, gradient of dy⟩', () =>
  fc.assert(
    fc.asyncProperty(cases, async ({ x, size, sampling, seed }) => {
      // The cpu backend's own gradients are wrong for half-pixel centres and for nearest neighbours.
      const image = normal({ shape: x.shape, perm: [0, 1, 2, 3] }, seed)
      const dy = normal({ shape: [x.shape[0]!, ...size, x.shape[3]!], perm: [0, 1, 2, 3] }, seed, 'dy')
      for (const target of [cpu, portable])
        for (const resize of [tf.image.resizeBilinear, tf.image.resizeNearestNeighbor]) {
          const op = (t: tf.Tensor) => resize(t as tf.Tensor4D, size, ...sampling)
          const kernel = resize === tf.image.resizeBilinear ? 'ResizeBilinearGrad' : 'ResizeNearestNeighborGrad'
          const given = { alignCorners: sampling[0], halfPixelCenters: sampling[1] }
          const fn = (images: tf.Tensor4D, dy: tf.Tensor) => [
            op(images),
            tf.grad(op)(images, dy),
            tf.engine().runKernel(kernel, { images, dy }, given),
          ]
          const [y, ...gradients] = (await runOn(target, fn, [image, dy])) as [NDArray, NDArray, NDArray]
          const expected = dot(y, dy)
          for (const dx of gradients) {
            expect(dx.shape).toEqual(image.shape)
            expect(Math.abs(dot(image, dx) - expected)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected)))
          }
        }
    }),
    runs(10),
  ))

test('twofold upsampling with its gradient', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ x, seed }) =>
      expectAgreement(
        (a: tf.Tensor) => ({
          value: upsampleNearest2x(lay(a, x)),
          gradient: gradientsOf((t) => upsampleNearest2x(lay(t, x)))(a),
        }),
        [normal(x, seed)],
      ),
    ),
    runs(8),
  ))

test('no kernel is left out', () => {
  const missing = Object.keys(resizeKernels).filter((name) => !compared.has(name))
  expect(missing).toEqual(['ResizeBilinearGrad', 'ResizeNearestNeighborGrad'])
})
