import { NCHW, sameLayout } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { matMul } from '../linear/matmul.ts'
import { cutImage, isPointwise, padImage, patches, taps, unitStrides, type Window, withZeros } from './window.ts'
import { isWinograd, winogradConvolution, winogradFilterGradient, winogradInputGradient } from './winograd.ts'

// Images here are [H, W, N, C] in memory, filters [rows, columns, C, K].

/**
 * The taps of a pixel are gathered for one product if they have at most this many numbers. More would take too much
 * memory.
 */
const SMALL = 80

const tapCount = (w: Window) => w.size[0] * w.size[1]

const flat = (l: Lowering, x: Physical) =>
  l.reshape(x, [x.shape.slice(0, 3).reduce((a, b) => a * b), x.shape[3] as number])

const image = (l: Lowering, x: Physical, w: Window) => l.reshape(x, [w.outHeight, w.outWidth, w.n, w.outChannels])

/** The convolution of an image with a filter, and a bias [K] if there is one: [outH, outW, N, K]. */
export function convolution(l: Lowering, x: Physical, filter: Physical, w: Window, bias?: Physical): Physical {
  const { inChannels: c, outChannels: k } = w
  const plus = (y: Physical) => (bias ? l.op('Add', [y, bias], y.shape) : y)
  // A product, unless images lie as ONNX's `Conv` takes them.
  if (isPointwise(w) && !sameLayout(l.target.activationLayout, NCHW))
    return image(l, plus(matMul(l, flat(l, x), l.reshape(filter, [c, k]))), w)
  if (isWinograd(l, w)) return winogradConvolution(l, x, filter, w, bias)
  if (l.target.contributed) {
    if (unitStrides(w) && tapCount(w) * k <= SMALL && k < c) return plus(shiftedSum(l, x, filter, w))
    if (tapCount(w) * c <= SMALL || w.strides[0] > 1)
      return image(l, plus(matMul(l, flat(l, patches(l, x, w)), l.reshape(filter, [tapCount(w) * c, k]))), w)
  }
  const [top, left, bottom, right] = w.pads
  const missing = !l.target.threefoldChannels && c > 3 && c % 3 === 0 ? -c & 3 : 0
  const operands = [
    l.transpose(withChannels(l, x, 3, missing), [2, 3, 0, 1]),
    l.transpose(withChannels(l, filter, 2, missing), [3, 2, 0, 1]),
  ]
  const y = l.op('Conv', bias ? [...operands, bias] : operands, [w.n, k, w.outHeight, w.outWidth], {
    kernel_shape: w.size,
    strides: w.strides,
    dilations: w.dilations,
    pads: [top, left, bottom, right],
  })
  return l.transpose(y, [2, 3, 0, 1])
}

/** Puts channels of zeros at the end of one of four axes. */
function withChannels(l: Lowering, x: Physical, axis: number, more: number): Physical {
  if (more === 0) return x
  const pads = Array.from({ length: 8 }, (_, i) => (i === axis + 4 ? more : 0))
  return l.op(
    'Pad',
    [x, l.ints(pads)],
    x.shape.map((d, i) => (i === axis ? d + more : d)),
  )
}

/**
 * For few output channels: one product for all taps of every pixel, whose results are then shifted into place and
 * added.
 */
function shiftedSum(l: Lowering, x: Physical, filter: Physical, w: Window): Physical {
  const { inChannels: c, outChannels: k } = w
  const count = tapCount(w)
  const columns = l.reshape(l.transpose(filter, [2, 0, 1, 3]), [c, count * k])
  const products = l.reshape(matMul(l, flat(l, x), columns), [w.height, w.width, w.n, count * k])
  const names = l.ops('Split', [padImage(l, products, w.pads), l.ints(Array(count).fill(k))], count, { axis: 3 })
  const [top, left, bottom, right] = w.pads
  const shape = [w.height + top + bottom, w.width + left + right, w.n, k]
  const shifted = names.map((name, tap) =>
    cutImage(l, { name, shape }, [Math.floor(tap / w.size[1]), tap % w.size[1]], [w.outHeight, w.outWidth]),
  )
  return l.op('Sum', shifted, [w.outHeight, w.outWidth, w.n, k])
}

/** The convolution whose forward pass is this one's gradient for its input; only without strides and dilations. */
const backward = (w: Window): Window => ({
  ...w,
  height: w.outHeight,
  width: w.outWidth,
  inChannels: w.outChannels,
  outHeight: w.height,
  outWidth: w.width,
  outChannels: w.inChannels,
  pads: [w.size[0] - 1 - w.pads[0], w.size[1] - 1 - w.pads[1], w.size[0] - 1 - w.pads[2], w.size[1] - 1 - w.pads[3]],
})

/** The filter turned by 180°, its channels swapped: [rows, columns, K, C]. */
function turned(l: Lowering, filter: Physical): Physical {
  const [rows, columns] = filter.shape as [number, number]
  const reversed = l.op(
    'Slice',
    [filter, l.ints([rows - 1, columns - 1]), l.ints([-(2 ** 31), -(2 ** 31)]), l.ints([0, 1]), l.ints([-1, -1])],
    filter.shape,
  )
  return l.transpose(reversed, [0, 1, 3, 2])
}

/** The window of a result that is spread by the strides, up to the ends of the image. */
function unstrided(w: Window): Window {
  const outHeight = (w.outHeight - 1) * w.strides[0] + 1
  const outWidth = (w.outWidth - 1) * w.strides[1] + 1
  const [top, left] = w.pads
  const bottom = w.size[0] - 1 - (w.height - outHeight + top)
  const right = w.size[1] - 1 - (w.width - outWidth + left)
  return { ...w, strides: [1, 1], outHeight, outWidth, pads: [top, left, bottom, right] }
}

/** An image spread by the strides, with zeros between its pixels. */
function spaced(
  l: Lowering,
  dy: Physical,
  { strides }: Window,
  { outHeight, outWidth, n, outChannels }: Window,
): Physical {
  const [height, width] = dy.shape as [number, number]
  const inner = n * outChannels
  const place = (y: number, x: number) =>
    y % strides[0] === 0 && x % strides[1] === 0 ? (y / strides[0]) * width + x / strides[1] : height * width
  const index = Array.from({ length: outHeight * outWidth }, (_, i) => place(Math.floor(i / outWidth), i % outWidth))
  const result = l.op(
    'Gather',
    [withZeros(l, dy), l.ints(index, [outHeight, outWidth])],
    [outHeight, outWidth, inner],
    {
      axis: 0,
    },
  )
  return l.reshape(result, [outHeight, outWidth, n, outChannels])
}

/** The gradient for the input: [H, W, N, C]. */
export function inputGradient(l: Lowering, dy: Physical, filter: Physical, w: Window): Physical {
  const { inChannels: c, outChannels: k } = w
  if (isPointwise(w))
    return l.reshape(matMul(l, flat(l, dy), l.reshape(filter, [c, k]), { transposeB: true }), [
      w.height,
      w.width,
      w.n,
      c,
    ])
  const back = backward(w)
  if (isWinograd(l, back)) return winogradInputGradient(l, dy, filter, back)
  if (unitStrides(w) && back.pads.every((p) => p >= 0)) return convolution(l, dy, turned(l, filter), back)
  const apart = unstrided(w)
  if (
    l.target.contributed &&
    w.strides.some((stride) => stride > 1) &&
    w.dilations.every((d) => d === 1) &&
    backward(apart).pads.every((p) => p >= 0)
  )
    return inputGradient(l, spaced(l, dy, w, apart), filter, apart)
  const [top, left, bottom, right] = w.pads
  const reach = (size: number, stride: number, out: number, before: number, after: number, dilation: number) =>
    (out - 1) * stride + (size - 1) * dilation + 1 - before - after
  const missing = [
    w.height - reach(w.size[0], w.strides[0], w.outHeight, top, bottom, w.dilations[0]),
    w.width - reach(w.size[1], w.strides[1], w.outWidth, left, right, w.dilations[1]),
  ] as const
  const dx = l.op(
    'ConvTranspose',
    [l.transpose(dy, [2, 3, 0, 1]), l.transpose(filter, [3, 2, 0, 1])],
    [w.n, c, w.height, w.width],
    {
      kernel_shape: w.size,
      strides: w.strides,
      dilations: w.dilations,
      pads: [top, left, bottom, right],
      output_padding: missing,
    },
  )
  return l.transpose(dx, [2, 3, 0, 1])
}

/** The gradient for the filter: [rows, columns, C, K]. */
export function filterGradient(l: Lowering, x: Physical, dy: Physical, w: Window): Physical {
  const { inChannels: c, outChannels: k } = w
  const count = tapCount(w)
  const shape = [...w.size, c, k]
  if (isPointwise(w)) return l.reshape(matMul(l, flat(l, x), flat(l, dy), { transposeA: true }), shape)
  const back = backward(w)
  if (isWinograd(l, back)) return winogradFilterGradient(l, x, dy, back)
  if (l.target.contributed && unitStrides(w) && count * k <= SMALL && k < c && back.pads.every((p) => p >= 0)) {
    // Few output channels: the taps of dy, seen from x, are the filter's in reverse.
    const products = matMul(l, flat(l, x), flat(l, patches(l, dy, back)), { transposeA: true })
    const byTap = l.reshape(l.transpose(l.reshape(products, [c, count, k]), [1, 0, 2]), shape)
    return l.transpose(turned(l, byTap), [0, 1, 3, 2])
  }
  if (count * c <= SMALL || (l.target.contributed && w.strides[0] > 1))
    return l.reshape(matMul(l, flat(l, patches(l, x, w)), flat(l, dy), { transposeA: true }), shape)
  const right = flat(l, dy)
  const parts = taps(l, x, w).map((tap) => matMul(l, flat(l, tap), right, { transposeA: true }))
  return l.reshape(l.op('Concat', parts, [count * c, k], { axis: 0 }), shape)
}
