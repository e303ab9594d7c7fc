import { CascadeError } from '@cascade-diffusion/checks'
import { backend_util } from '@tensorflow/tfjs-core'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { type Axis, axesFrom, cutOuter, padOuter } from './windows.ts'

/** The sizes of a convolution of [N, height, width, inChannels] to [N, outHeight, outWidth, outChannels]. */
export interface Window {
  readonly n: number
  readonly height: number
  readonly width: number
  readonly inChannels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly outChannels: number
  /** Of the filter: rows and columns. */
  readonly size: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  /** Zeros put around the image: top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number]
}

type Given = Readonly<Record<string, unknown>>

/** What tfjs computes from the attributes of its convolution kernels. @throws on a data format other than NHWC. */
export function convolutionInfo(
  inShape: readonly number[],
  filterShape: readonly number[],
  given: Given,
  depthwise = false,
): backend_util.Conv2DInfo {
  if (given.dataFormat !== undefined && given.dataFormat !== 'NHWC')
    throw new CascadeError('input', `expected dataFormat NHWC, got ${given.dataFormat}`)
  return backend_util.computeConv2DInfo(
    inShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    given.strides as [number, number],
    (given.dilations as [number, number] | null | undefined) ?? 1,
    given.pad as number,
    given.dimRoundingMode as undefined,
    depthwise,
  )
}

/** Reads the attributes of tfjs's convolution kernels. @throws on a data format other than NHWC. */
export function windowOf(inShape: readonly number[], filterShape: readonly number[], given: Given): Window {
  const info = convolutionInfo(inShape, filterShape, given)
  if (info.inChannels !== filterShape[2])
    throw new CascadeError('input', `expected a filter of ${info.inChannels} input channels, got ${filterShape[2]}`)
  return windowFrom(info)
}

/**
 * The sizes as tfjs computes them. Windows that reach beyond the padded image, as with `dimRoundingMode` 'ceil', get
 * more padding.
 * @throws if more windows fit than tfjs has: if padding is a number, it computes the width with the filter's height.
 */
function windowFrom(info: backend_util.Conv2DInfo): Window {
  const [rows, columns] = axesFrom(info) as [Axis, Axis]
  if (rows.left >= rows.stride || columns.left >= columns.stride)
    throw new CascadeError(
      'input',
      `expected ${rows.output}×${columns.output} windows to fill the padded image, ${rows.left}×${columns.left} pixels are left`,
    )
  return {
    n: info.batchSize,
    height: rows.input,
    width: columns.input,
    inChannels: info.inChannels,
    outHeight: rows.output,
    outWidth: columns.output,
    outChannels: info.outChannels,
    size: [rows.size, columns.size],
    strides: [rows.stride, columns.stride],
    dilations: [rows.dilation, columns.dilation],
    pads: [rows.before, columns.before, rows.after, columns.after],
  }
}

export const unitStrides = ({ strides: [v, h], dilations: [a, b] }: Window) => v === 1 && h === 1 && a === 1 && b === 1

/** A 1×1 convolution without stride or padding: a product with the channels. */
export const isPointwise = (w: Window) =>
  w.size[0] === 1 && w.size[1] === 1 && unitStrides(w) && w.pads.every((p) => p === 0)

/** Puts zeros around an image [H, W, N, C] in memory: top, left, bottom, right. */
export const padImage = (l: Lowering, x: Physical, pads: readonly number[]): Physical =>
  padOuter(l, x, pads.slice(0, 2), pads.slice(2))

/** The pixels of an image [H, W, N, C] in memory, followed by one of zeros: [H·W + 1, N·C]. */
export function withZeros(l: Lowering, x: Physical): Physical {
  const [height, width, n, c] = x.shape as [number, number, number, number]
  const [count, inner] = [height * width, n * c]
  const zeros = l.op('Expand', [l.scalar(0), l.ints([1, inner])], [1, inner])
  return l.op('Concat', [l.reshape(x, [count, inner]), zeros], [count + 1, inner], { axis: 0 })
}

/** Cuts `height`×`width` pixels, `strides` apart, from an image [H, W, N, C] in memory. */
export const cutImage = (
  l: Lowering,
  x: Physical,
  start: readonly [number, number],
  size: readonly [number, number],
  strides: readonly [number, number] = [1, 1],
): Physical => cutOuter(l, x, start, size, strides)

/** The image under each tap of the filter, in the order of the filter's rows and columns: each [outH, outW, N, C]. */
export function taps(l: Lowering, x: Physical, w: Window): Physical[] {
  const padded = padImage(l, x, w.pads)
  return Array.from({ length: w.size[0] * w.size[1] }, (_, tap) => {
    const row = Math.floor(tap / w.size[1]) * w.dilations[0]
    const column = (tap % w.size[1]) * w.dilations[1]
    return cutImage(l, padded, [row, column], [w.outHeight, w.outWidth], w.strides)
  })
}

/** All taps side by side: [outH, outW, N, taps·C]. */
export function patches(l: Lowering, x: Physical, w: Window): Physical {
  const parts = taps(l, x, w)
  return l.op('Concat', parts, [w.outHeight, w.outWidth, w.n, parts.length * w.inChannels], { axis: 3 })
}
