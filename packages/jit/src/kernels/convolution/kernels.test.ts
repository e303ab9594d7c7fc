import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpu, cpuExact, portable } from '../../lower/target.ts'
import { compared, expectAgreement, expectClose, gradientsOf, runOn } from '../../testing/agreement.ts'
import { lay, normal, operand, runs, seeds } from '../../testing/arbitraries.ts'
import { convolutionKernels } from './kernels.ts'

type Pad = 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]]

interface Sizes {
  readonly images: readonly number[]
  readonly size: readonly [number, number]
  readonly channels: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly pad: Pad
  readonly rounding: 'floor' | 'ceil' | undefined
  readonly dilation: number
}

const side = fc.constantFrom(1, 2, 3, 5)

/** Rectangular images of at least the filter's size, and filters square or not. */
const sizes = (
  channels: fc.Arbitrary<number>,
  size: fc.Arbitrary<[number, number]>,
  dilations: number[],
): fc.Arbitrary<Sizes> =>
  fc
    .record({
      n: fc.integer({ min: 1, max: 2 }),
      more: fc.tuple(fc.nat(7), fc.nat(7)),
      size,
      channels: fc.tuple(channels, channels),
      strides: fc.constantFrom([1, 1], [1, 1], [2, 2], [1, 2], [2, 1]) as fc.Arbitrary<[number, number]>,
      rounding: fc.constantFrom<'floor' | 'ceil'>('floor', 'ceil'),
      pad: fc.oneof(
        fc.constantFrom<Pad>('same', 'valid', 0, 1, 2),
        fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)).map<Pad>(([t, b, l, r]) => [
          [0, 0],
          [t, b],
          [l, r],
          [0, 0],
        ]),
      ),
      dilation: fc.constantFrom(...dilations),
    })
    .map(({ n, more, size, strides, dilation, pad, rounding, ...rest }) => ({
      ...rest,
      ...paddingOf(pad, rounding, size[0] === size[1] && strides[0] === strides[1]),
      size,
      dilation,
      // tfjs takes strides or dilations, not both.
      strides: dilation > 1 ? ([1, 1] as const) : strides,
      images: [n, ...more.map((m, i) => (size[i]! - 1) * dilation + 1 + m)],
    }))

/** With a number for padding tfjs reckons the width as the height, and rounds only then. */
const paddingOf = (pad: Pad, rounding: 'floor' | 'ceil', square: boolean) =>
  typeof pad !== 'number'
    ? { pad, rounding: undefined }
    : square
      ? { pad, rounding }
      : { pad: 'same' as const, rounding: undefined }

const cases = (s: Sizes) =>
  fc.record({
    s: fc.constant(s),
    x: operand([...s.images, s.channels[0]]),
    filter: operand([...s.size, ...s.channels]),
    seed: seeds,
  })

const convolve =
  (s: Sizes) =>
  (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, [...s.strides], s.pad, 'NHWC', s.dilation, s.rounding)

const any = sizes(fc.constantFrom(1, 2, 3, 10, 16, 20), fc.tuple(side, side), [1])
/** Those that Winograd's method computes: of enough images, for it takes some pixels. */
const winograd = sizes(fc.constantFrom(16, 18), fc.constant([3, 3] as [number, number]), [1]).map((s) => ({
  ...s,
  images: [(s.images[0] as number) + 12, ...s.images.slice(1)],
  strides: [1, 1] as const,
}))

test('values and gradients for every size of image and filter', () =>
  fc.assert(
    fc.asyncProperty(any.chain(cases), ({ s, x, filter, seed }) => {
      const op = (a: tf.Tensor, b: tf.Tensor) => convolve(s)(lay(a, x), lay(b, filter))
      const fn = (a: tf.Tensor, b: tf.Tensor) => ({
        value: op(a, b),
        // tfjs's gradients always round down.
        ...(s.rounding !== 'ceil' && { gradients: gradientsOf(op)(a, b) }),
      })
      return expectAgreement(fn, [normal(x, seed), normal(filter, seed, 'filter')], { tolerance: 2e-5 })
    }),
    runs(40),
  ))

test('values of dilated filters', () =>
  fc.assert(
    fc.asyncProperty(
      sizes(fc.constantFrom(1, 3, 20), fc.tuple(side, side), [2]).chain(cases),
      ({ s, x, filter, seed }) =>
        expectAgreement(
          (a: tf.Tensor, b: tf.Tensor) => convolve(s)(lay(a, x), lay(b, filter)),
          [normal(x, seed), normal(filter, seed, 'filter')],
        ),
    ),
    runs(15),
  ))

test("Winograd's method for images whose sizes its tiles do not divide", () =>
  fc.assert(
    fc.asyncProperty(winograd.chain(cases), async ({ s, x, filter, seed }) => {
      const op = (a: tf.Tensor, b: tf.Tensor) => convolve(s)(lay(a, x), lay(b, filter))
      const args = [normal(x, seed), normal(filter, seed, 'filter')]
      // Its transforms multiply by numbers up to 8 and subtract again: about three times the rounding of direct sums.
      await expectAgreement(op, args, { targets: [cpu], tolerance: 3e-5 })
      await expectAgreement(op, args, { targets: [cpuExact, portable] })
      await expectAgreement(gradientsOf(op), args, { tolerance: 1e-4 })
    }),
    runs(12),
  ))

test.each([
  { batch: 16, image: [14, 18], blocks: 'rows of tiles' },
  { batch: 64, image: [7, 18], blocks: 'parts of rows' },
])("Winograd's method in blocks ($blocks) is the direct convolution, and its gradients", async ({ batch, image }) => {
  const x = rng(1)
    .fold('x')
    .normal([batch, ...image, 64])
  const filter = rng(1).fold('filter').normal([3, 3, 64, 64])
  const op = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same')
  for (const fn of [op, gradientsOf(op)])
    expectClose(await runOn(cpu, fn, [x, filter]), await runOn(cpuExact, fn, [x, filter]), 1e-4)
})

test("Winograd's method with the filter first, where a block has few pixels for its channels", async () => {
  const x = rng(1).fold('x').normal([1, 11, 14, 64])
  const filter = rng(1).fold('filter').normal([3, 3, 64, 48])
  const op = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same')
  for (const fn of [op, gradientsOf(op)])
    for (const fewPixels of [0, 1])
      expectClose(await runOn({ ...cpu, fewPixels }, fn, [x, filter]), await runOn(cpuExact, fn, [x, filter]), 1e-4)
})

test('transposed convolution, and its gradients', () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 2),
      fc.constantFrom<'same' | 'valid'>('same', 'valid'),
      seeds,
      (stride, pad, seed) => {
        const plain = (shape: number[]) => ({ shape, perm: [0, 1, 2, 3] })
        const out = (d: number) => (pad === 'same' ? d * stride : (d - 1) * stride + 3)
        const op = (x: tf.Tensor, filter: tf.Tensor) =>
          tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [2, out(4), out(3), 5], stride, pad)
        return expectAgreement(
          (x: tf.Tensor, filter: tf.Tensor) => ({ value: op(x, filter), gradients: gradientsOf(op)(x, filter) }),
          [normal(plain([2, 4, 3, 4]), seed), normal(plain([3, 3, 5, 4]), seed, 'filter')],
          { tolerance: 2e-5 },
        )
      },
    ),
    runs(6),
  ))

test('what is not a convolution over channels last is refused', async () => {
  const x = normal({ shape: [1, 3, 5, 5], perm: [0, 1, 2, 3] }, 1)
  const filter = normal({ shape: [3, 3, 3, 2], perm: [0, 1, 2, 3] }, 1)
  const first = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.conv2d(a, b, 1, 'same', 'NCHW')
  await expect(expectAgreement(first, [x, filter])).rejects.toThrow()
  const { jit } = await import('../../jit.ts')
  await expect(jit(first)(x, filter)).rejects.toThrow(
    "jit: 'Conv2D' cannot be traced: expected dataFormat NHWC, got NCHW",
  )
  // tfjs reckons the width with the filter's height.
  const high = normal({ shape: [3, 1, 5, 2], perm: [0, 1, 2, 3] }, 1)
  const numbered = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.conv2d(a, b, 1, 0)
  await expect(jit(numbered)(x, high)).rejects.toThrow(
    'expected 1×3 windows to fill the padded image, 0×2 pixels are left',
  )
  const given = { strides: [2, 2], pad: 0, dataFormat: 'NHWC', dilations: [1, 1], inputShape: [1, 3, 5, 5] }
  const odd = (a: tf.Tensor) =>
    tf.engine().runKernel('Conv2DBackpropInput', { dy: a, filter: tf.ones([2, 2, 5, 1]) }, given) as tf.Tensor
  await expect(jit(odd)(normal({ shape: [1, 2, 3, 1], perm: [0, 1, 2, 3] }, 1))).rejects.toThrow(
    "jit: 'Conv2DBackpropInput' cannot be traced: expected a gradient of shape [1,1,2,1], got [1,2,3,1]",
  )
})

test('no kernel is left out', () => {
  expect(Object.keys(convolutionKernels).filter((name) => !compared.has(name))).toEqual([])
})
