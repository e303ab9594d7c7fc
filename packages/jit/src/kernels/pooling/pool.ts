import { CascadeError } from '@cascade-diffusion/checks'
import { backend_util } from '@tensorflow/tfjs-core'
import type { Attributes, TensorType, Value } from '../../graph/graph.ts'
import { HWNC, type Layout, NCHW } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import {
  places,
  spreadWindows,
  sumWindows,
  taps,
  toFirst,
  untap,
  type Windows,
  windowsFrom,
} from '../convolution/windows.ts'
import { pooledWithNaN } from '../elementwise/not-a-number.ts'
import { follows } from '../half.ts'
import { first, type Kernel, type Kernels, sameShape } from '../kernel.ts'

/** Pools of images [N, H, W, C] or of volumes [N, D, H, W, C]. */
type Rank = 4 | 5

/** The layout with the axes along which windows move outermost. */
const outermost = (rank: Rank): Layout => (rank === 4 ? HWNC : [1, 2, 3, 0, 4])
const channelsFirst = (rank: Rank): Layout => (rank === 4 ? NCHW : [0, 4, 1, 2, 3])

function windowsOf({ shape }: TensorType, rank: Rank, given: Attributes): Windows {
  const { filterSize, strides, pad, dimRoundingMode } = given as {
    filterSize: [number, number, number]
    strides: [number, number, number]
    pad: number
    dimRoundingMode: undefined
  }
  if (given.dataFormat !== undefined && given.dataFormat !== 'NHWC' && given.dataFormat !== 'NDHWC')
    throw new CascadeError('input', `expected channels last, got dataFormat ${given.dataFormat}`)
  if (shape.length !== rank) throw new CascadeError('input', `expected ${rank} axes, got [${shape}]`)
  return windowsFrom(
    rank === 4
      ? backend_util.computePool2DInfo(shape as never, filterSize as never, strides as never, 1, pad, dimRoundingMode)
      : backend_util.computePool3DInfo(shape as never, filterSize, strides, 1, pad as never, dimRoundingMode),
  )
}

const windowsIn = (attributes: Attributes) => attributes.windows as Windows

const pooled = ({ shape }: TensorType, w: Windows) => [shape[0] as number, ...w.output, shape.at(-1) as number]

const pool = (rank: Rank, lower: (l: Lowering, x: Value, w: Windows, out: Value) => void): Kernel => ({
  inputs: ['x'],
  attributes: (given, [x]) => ({ windows: windowsOf(x as TensorType, rank, given) }),
  infer: ([x], attributes) => {
    const type = x as TensorType
    return [{ shape: pooled(type, windowsIn(attributes)), dtype: type.dtype }]
  },
  lower: (l, node) => lower(l, first(node.inputs), windowsIn(node.attributes), first(node.outputs)),
})

const poolGrad = (
  rank: Rank,
  inputs: readonly string[],
  lower: (l: Lowering, dy: Physical, w: Windows, inputs: readonly Value[]) => Physical,
): Kernel => ({
  inputs,
  attributes: (given, [, input]) => ({ windows: windowsOf(input as TensorType, rank, given) }),
  infer: ([dy, input], attributes) => {
    const expected = pooled(input as TensorType, windowsIn(attributes))
    // tfjs's gradients of two-dimensional pools do not pass `dimRoundingMode` on.
    if (!sameShape((dy as TensorType).shape, expected))
      throw new CascadeError('input', `expected a gradient of shape [${expected}], got [${(dy as TensorType).shape}]`)
    return [input as TensorType]
  },
  lower: (l, node) => {
    const layout = outermost(rank)
    const dy = l.at(first(node.inputs), layout)
    l.set(first(node.outputs), lower(l, dy, windowsIn(node.attributes), node.inputs), layout)
  },
})

/**
 * The inverse of the number of input elements in each window, without padding; one number if it is the same for all.
 */
function shares(l: Lowering, w: Windows): Physical {
  const seen = w.output.map((n, k) =>
    Array.from({ length: n }, (_, i) => {
      const from = i * (w.strides[k] as number) - (w.before[k] as number)
      return Math.min(from + (w.size[k] as number), w.input[k] as number) - Math.max(from, 0)
    }),
  )
  const values = places(w.output).map((at) => 1 / at.reduce((n, i, k) => n * (seen[k]?.[i] as number), 1))
  return values.every((value) => value === values[0])
    ? l.scalar(values[0] as number)
    : l.floats(values, [...w.output, 1, 1])
}

/** The average, without padding. */
const average = (rank: Rank) =>
  pool(rank, (l, x, w, out) => {
    const sum = sumWindows(l, l.at(x, outermost(rank)), w)
    l.set(out, l.op('Mul', [sum, shares(l, w)], sum.shape), outermost(rank))
  })

/** The adjoint of the average. tfjs's cpu backend counts padding here. */
const averageGrad = (rank: Rank) =>
  poolGrad(rank, ['dy', 'input'], (l, dy, w) => spreadWindows(l, l.op('Mul', [dy, shares(l, w)], dy.shape), w))

/** The elements of the windows, −∞ beyond the input. */
const candidates = (l: Lowering, x: Value, w: Windows) => {
  const lies = l.cast(l.at(x, outermost(x.shape.length as Rank)), x.dtype, 'float32')
  return taps(l, lies, w, Number.NEGATIVE_INFINITY)
}

const greatest = (rank: Rank) =>
  pool(rank, (l, x, w, out) => {
    if ([w.before, w.after].some((pads) => pads.some((p, i) => p < 0 || p >= (w.size[i] as number)))) {
      // ONNX does not accept windows that see padding only, or that leave out the beginning.
      const tried = candidates(l, x, w)
      return l.set(out, l.cast(l.op('Max', tried, first(tried).shape), 'float32', x.dtype), outermost(rank))
    }
    const layout = channelsFirst(rank)
    const lies = l.cast(l.at(x, layout), x.dtype, 'float32')
    const settings = { kernel_shape: w.size, strides: w.strides, pads: [...w.before, ...w.after] }
    const pool = (image: Physical) => l.op('MaxPool', [image], [...image.shape.slice(0, 2), ...w.output], settings)
    // ONNX Runtime's operator ignores NaN.
    const y = x.dtype === 'float32' ? pooledWithNaN(l, lies, pool) : pool(lies)
    l.set(out, l.cast(y, 'float32', x.dtype), layout)
  })

/** Gives all to the greatest element of a window: of several to the first, or in volumes to the last, as tfjs does. */
const greatestGrad = (rank: Rank) =>
  poolGrad(rank, ['dy', 'input', 'output'], (l, dy, w, [, input, output]) => {
    const tried = candidates(l, input as Value, w)
    const best = l.at(output as Value, outermost(rank))
    const parts = rank === 4 ? toFirst(l, tried, best, dy) : toFirst(l, tried.reverse(), best, dy).reverse()
    return untap(l, parts, w)
  })

/** The place of the greatest element of each window in the flattened image, or in the flattened batch. */
const greatestPlace: Kernel = {
  ...greatest(4),
  returnsList: true,
  attributes: (given, [x]) => ({
    windows: windowsOf(x as TensorType, 4, given),
    includeBatch: given.includeBatchInIndex ?? false,
  }),
  infer: ([x], attributes) => {
    const type = x as TensorType
    const shape = pooled(type, windowsIn(attributes))
    return [
      { shape, dtype: type.dtype },
      { shape, dtype: 'int32' },
    ]
  },
  lower: (l, node) => {
    const x = first(node.inputs)
    const w = windowsIn(node.attributes)
    const [values, indices] = node.outputs as [Value, Value]
    const [n, height, width, channels] = x.shape as [number, number, number, number]
    const tried = candidates(l, x, w)
    const { shape } = first(tried)
    const best = l.op('Max', tried, shape)
    const pixels = places(w.size).map((tap) =>
      places(w.output).map((at) => {
        const [row, column] = at.map(
          (i, k) => i * (w.strides[k] as number) + (tap[k] as number) - (w.before[k] as number),
        ) as [number, number]
        return (row * width + column) * channels
      }),
    )
    const pixel = tried.reduceRight(
      (found: Physical, candidate, tap) => {
        const here = l.constant(Int32Array.from(pixels[tap] as number[]), [...w.output, 1, 1], 'int32')
        return l.op('Where', [l.op('Equal', [candidate, best], shape), here, found], shape)
      },
      l.scalar(0, 'int32'),
    )
    const start = node.attributes.includeBatch ? height * width * channels : 0
    const within = places([n, channels]).map(([image, channel]) => (image as number) * start + (channel as number))
    const place = l.op('Add', [pixel, l.constant(Int32Array.from(within), [n, channels], 'int32')], shape)
    l.set(values, l.cast(best, 'float32', x.dtype), HWNC)
    l.set(indices, place, HWNC)
  },
}

/** Pooling over windows of images and volumes, and the kernels that tfjs uses for its gradients. */
export const poolKernels: Kernels = {
  AvgPool: { ...average(4), half: follows },
  AvgPoolGrad: { ...averageGrad(4), half: follows },
  MaxPool: { ...greatest(4), half: follows },
  MaxPoolGrad: { ...greatestGrad(4), half: follows },
  MaxPoolWithArgmax: greatestPlace,
  AvgPool3D: average(5),
  AvgPool3DGrad: averageGrad(5),
  MaxPool3D: greatest(5),
  MaxPool3DGrad: greatestGrad(5),
}
