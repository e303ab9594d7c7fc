import { backend_util } from '@tensorflow/tfjs-core'
import type { Lowering, Physical } from '../../lower/lowering.ts'

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

/** Reads the attributes of tfjs's convolution kernels. @throws on a data format other than NHWC. */
export function windowOf(inShape: readonly number[], filterShape: readonly number[], given: Given): Window {
  if (given.dataFormat !== undefined && given.dataFormat !== 'NHWC')
    throw new Error(`expected dataFormat NHWC, got ${given.dataFormat}`)
  const info = backend_util.computeConv2DInfo(
    inShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    given.strides as [number, number],
    (given.dilations as [number, number] | undefined) ?? 1,
    given.pad as number,
    given.dimRoundingMode as undefined,
  )
  if (info.inChannels !== filterShape[2])
    throw new Error(`expected a filter of ${info.inChannels} input channels, got ${filterShape[2]}`)
  return windowFrom(info)
}

/**
 * The sizes as tfjs reckons them. Windows may reach beyond the padded image, as with `dimRoundingMode` 'ceil': there is more padding.
 * @throws if more windows fit than tfjs has: given a number for padding, it reckons the width with the filter's height.
 */
function windowFrom(info: backend_util.Conv2DInfo): Window {
  const { top, left } = info.padInfo
  const high = (info.outHeight - 1) * info.strideHeight + info.effectiveFilterHeight
  const wide = (info.outWidth - 1) * info.strideWidth + info.effectiveFilterWidth
  const bottom = Math.max(info.padInfo.bottom, high - info.inHeight - top)
  const right = Math.max(info.padInfo.right, wide - info.inWidth - left)
  const beyond = [info.inHeight + top + bottom - high, info.inWidth + left + right - wide] as const
  if (beyond[0] >= info.strideHeight || beyond[1] >= info.strideWidth)
    throw new Error(
      `expected ${info.outHeight}×${info.outWidth} windows to fill the padded image, ${beyond.join('×')} pixels are left`,
    )
  return {
    n: info.batchSize,
    height: info.inHeight,
    width: info.inWidth,
    inChannels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outChannels: info.outChannels,
    size: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, bottom, right],
  }
}

export const unitStrides = ({ strides: [v, h], dilations: [a, b] }: Window) => v === 1 && h === 1 && a === 1 && b === 1

/** A 1×1 convolution without stride or padding: a product with the channels. */
export const isPointwise = (w: Window) =>
  w.size[0] === 1 && w.size[1] === 1 && unitStrides(w) && w.pads.every((p) => p === 0)

/** Puts zeros around an image [H, W, N, C] in memory. */
export function padImage(l: Lowering, x: Physical, pads: readonly number[]): Physical {
  if (pads.every((p) => p === 0)) return x
  const [top, left, bottom, right] = pads as [number, number, number, number]
  const [h, w, n, c] = x.shape as [number, number, number, number]
  return l.op('Pad', [x, l.ints([top, left, 0, 0, bottom, right, 0, 0])], [h + top + bottom, w + left + right, n, c])
}

/** Cuts `height`×`width` pixels, `strides` apart, from an image [H, W, N, C] in memory. */
export function cutImage(
  l: Lowering,
  x: Physical,
  [top, left]: readonly [number, number],
  [height, width]: readonly [number, number],
  strides: readonly [number, number] = [1, 1],
): Physical {
  const [h, w, n, c] = x.shape as [number, number, number, number]
  if (top === 0 && left === 0 && height === h && width === w) return x
  const end = [top + (height - 1) * strides[0] + 1, left + (width - 1) * strides[1] + 1]
  const operands = [x, l.ints([top, left]), l.ints(end), l.ints([0, 1]), l.ints(strides)]
  return l.op('Slice', operands, [height, width, n, c])
}

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
