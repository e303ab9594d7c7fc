import { backend_util } from '@tensorflow/tfjs-core'
import type { Attributes, TensorType, Value } from '../graph/graph.ts'
import { HWNC, NCHW } from '../lower/layout.ts'
import type { Lowering, Physical } from '../lower/lowering.ts'
import { padImage, taps, type Window, windowFrom } from './convolution/window.ts'
import { first, type Kernel, type Kernels } from './kernel.ts'
import { repeat } from './resize.ts'

/** The sizes of a pool, as those of a convolution that keeps channels apart. */
const windowOf = (shape: readonly number[], given: Attributes): Window =>
  windowFrom(
    backend_util.computePool2DInfo(
      shape as [number, number, number, number],
      given.filterSize as [number, number],
      given.strides as [number, number],
      1,
      given.pad as number,
      given.dimRoundingMode as undefined,
    ),
  )

const windowIn = (attributes: Attributes) => attributes.window as Window

const pool = (lower: (l: Lowering, x: Value, w: Window, out: Value) => void): Kernel => ({
  inputs: ['x'],
  attributes: (given, [x]) => ({ window: windowOf((x as TensorType).shape, given) }),
  infer: ([x], attributes) => {
    const w = windowIn(attributes)
    return [{ shape: [w.n, w.outHeight, w.outWidth, w.outChannels], dtype: (x as TensorType).dtype }]
  },
  lower: (l, node) => lower(l, first(node.inputs), windowIn(node.attributes), first(node.outputs)),
})

/** A gradient, where windows neither overlap nor reach beyond the image; `tiled` gives that of the part they tile. */
const poolGrad = (
  inputs: readonly string[],
  tiled: (l: Lowering, dy: Physical, w: Window, inputs: readonly Value[]) => Physical,
): Kernel => ({
  inputs,
  attributes: (given, [, input]) => ({ window: windowOf((input as TensorType).shape, given) }),
  infer: ([, input], attributes) => {
    const { size, strides, pads } = windowIn(attributes)
    if (String(size) !== String(strides) || pads.some((p) => p > 0))
      throw new Error(
        `expected windows side by side without padding, got size ${size}, strides ${strides}, pads ${pads}`,
      )
    return [input as TensorType]
  },
  lower: (l, node) => {
    const w = windowIn(node.attributes)
    const image = tiled(l, l.at(first(node.inputs), HWNC), w, node.inputs)
    const [height, width] = image.shape as [number, number]
    l.set(first(node.outputs), padImage(l, image, [0, 0, w.height - height, w.width - width]), HWNC)
  },
})

/** Puts the taps of windows that tile the image, each [outH, outW, N, C], in their places: [H, W, N, C]. */
function sideBySide(l: Lowering, images: readonly Physical[], w: Window): Physical {
  const [rows, columns] = w.size
  const [h, wide, each] = [w.outHeight, w.outWidth, w.n * w.inChannels]
  const split = images.map((image) => l.reshape(image, [h, 1, wide, 1, each]))
  const lines = Array.from({ length: rows }, (_, row) =>
    l.op('Concat', split.slice(row * columns, (row + 1) * columns), [h, 1, wide, columns, each], { axis: 3 }),
  )
  const whole = l.op('Concat', lines, [h, rows, wide, columns, each], { axis: 1 })
  return l.reshape(whole, [h * rows, wide * columns, w.n, w.inChannels])
}

/** How many pixels of the image each window sees. */
const seen = (out: number, size: number, stride: number, before: number, length: number): number[] =>
  Array.from({ length: out }, (_, i) => {
    const from = i * stride - before
    return Math.min(from + size, length) - Math.max(from, 0)
  })

/** Pooling over windows of the image. */
export const poolKernels: Kernels = {
  /** Padding does not count. */
  AvgPool: pool((l, x, w, out) => {
    const shape = [w.outHeight, w.outWidth, w.n, w.outChannels]
    const sum = l.op('Sum', taps(l, l.at(x, HWNC), w), shape)
    const rows = seen(w.outHeight, w.size[0], w.strides[0], w.pads[0], w.height)
    const columns = seen(w.outWidth, w.size[1], w.strides[1], w.pads[1], w.width)
    const shares = rows.flatMap((row) => columns.map((column) => 1 / (row * column)))
    const same = shares.every((share) => share === shares[0])
    const factor = same ? l.scalar(first(shares)) : l.floats(shares, [w.outHeight, w.outWidth, 1, 1])
    l.set(out, l.op('Mul', [sum, factor], shape), HWNC)
  }),
  AvgPoolGrad: poolGrad(['dy', 'input'], (l, dy, w) => {
    const [rows, columns] = w.size
    const share = l.op('Mul', [dy, l.scalar(1 / (rows * columns))], dy.shape)
    return repeat(l, share, w.outHeight * rows, w.outWidth * columns)
  }),
  MaxPool: pool((l, x, w, out) => {
    const lies = l.cast(l.at(x, NCHW), x.dtype, 'float32')
    const settings = { kernel_shape: w.size, strides: w.strides, pads: w.pads }
    const y = l.op('MaxPool', [lies], [w.n, w.outChannels, w.outHeight, w.outWidth], settings)
    l.set(out, l.cast(y, 'float32', x.dtype), NCHW)
  }),
  /** All to the first pixel of the window that is the greatest. */
  MaxPoolGrad: poolGrad(['dy', 'input', 'output'], (l, dy, w, [, input, output]) => {
    const greatest = l.at(output as Value, HWNC)
    const zero = l.scalar(0)
    let left = dy
    const shares = taps(l, l.at(input as Value, HWNC), w).map((tap) => {
      const hit = l.op('Equal', [tap, greatest], dy.shape)
      const share = l.op('Where', [hit, left, zero], dy.shape)
      left = l.op('Where', [hit, zero, left], dy.shape)
      return share
    })
    return sideBySide(l, shares, w)
  }),
}
