import type { DType } from '@cascade-diffusion/arrays'
import type { TensorType, Value } from '../../graph/graph.ts'
import { HWNC } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { follows } from '../half.ts'
import { first, type Kernel, type Kernels, list } from '../kernel.ts'

/** A matrix of `to` rows, which says how each new row or column is made from the `from` old ones. */
type Matrix = Float32Array

type Size = readonly [number, number]

interface Sampling {
  readonly alignCorners: boolean
  readonly halfPixelCenters: boolean
}

/** The place of the new pixel `i` in the old image, as TensorFlow computes it. */
function source(i: number, from: number, to: number, { alignCorners, halfPixelCenters }: Sampling): number {
  const scale = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to
  return halfPixelCenters ? (i + 0.5) * scale - 0.5 : i * scale
}

function bilinear(from: number, to: number, sampling: Sampling): Matrix {
  const matrix = new Float32Array(to * from)
  for (let i = 0; i < to; i++) {
    const at = Math.max(0, source(i, from, to, sampling))
    const low = Math.min(from - 1, Math.floor(at))
    const high = Math.min(from - 1, Math.ceil(at))
    const part = at - Math.floor(at)
    matrix[i * from + low] = (matrix[i * from + low] as number) + 1 - part
    matrix[i * from + high] = (matrix[i * from + high] as number) + part
  }
  return matrix
}

/** The old row or column that each new one repeats. */
function nearest(from: number, to: number, sampling: Sampling): number[] {
  const round = sampling.alignCorners ? Math.round : Math.floor
  const shift = sampling.halfPixelCenters ? 0.5 : 0
  return Array.from({ length: to }, (_, i) => {
    const at = round(source(i, from, to, sampling) + shift)
    return Math.max(0, Math.min(from - 1, at))
  })
}

/** The matrix that repeats rows as `nearest` says. */
function repetition(from: number, to: number, sampling: Sampling): Matrix {
  const matrix = new Float32Array(to * from)
  nearest(from, to, sampling).forEach((at, i) => {
    matrix[i * from + at] = 1
  })
  return matrix
}

const transposed = (matrix: Matrix, rows: number, columns: number): Matrix =>
  Float32Array.from({ length: matrix.length }, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)] as number)

/** Applies one matrix to the rows and one to the columns of an image [H, W, N, C] in memory. */
function separable(l: Lowering, x: Physical, rows: Physical, columns: Physical): Physical {
  const [h, w, n, c] = x.shape as [number, number, number, number]
  const [height, width] = [rows.shape[0] as number, columns.shape[0] as number]
  const tall = l.op('MatMul', [rows, l.reshape(x, [h, w * n * c])], [height, w * n * c])
  const both = l.op('MatMul', [columns, l.reshape(tall, [height, w, n * c])], [height, width, n * c])
  return l.reshape(both, [height, width, n, c])
}

const attributes: Kernel['attributes'] = (given) => ({
  alignCorners: given.alignCorners ?? false,
  halfPixelCenters: given.halfPixelCenters ?? false,
  ...(given.size !== undefined && { size: list(given.size) }),
})

/** Repeats rows and columns a whole number of times. */
function repeat(l: Lowering, x: Physical, height: number, width: number): Physical {
  const [h, w, n, c] = x.shape as [number, number, number, number]
  const shape = [h, height / h, w, width / w, n * c]
  return l.reshape(l.op('Expand', [l.reshape(x, [h, 1, w, 1, n * c]), l.ints(shape)], shape), [height, width, n, c])
}

const resize = (
  dtype: DType | undefined,
  emit: (l: Lowering, x: Value, size: Size, sampling: Sampling) => Physical,
): Kernel => ({
  inputs: ['images'],
  half: follows,
  attributes,
  infer: ([x], { size }) => {
    const { shape } = x as TensorType
    const [height, width] = size as Size
    return [{ shape: [shape[0] as number, height, width, shape[3] as number], dtype: dtype ?? (x as TensorType).dtype }]
  },
  simplify: ([x], { size }) =>
    String(x?.shape.slice(1, 3)) === String(size) && x?.dtype === (dtype ?? x?.dtype) ? x : undefined,
  lower: (l, node) => {
    const { size, ...sampling } = node.attributes as unknown as Sampling & { size: Size }
    l.set(first(node.outputs), emit(l, first(node.inputs), size, sampling), HWNC)
  },
})

const resizeBilinear = resize('float32', (l, x, [height, width], sampling) => {
  const [, h, w] = x.shape as [number, number, number]
  const rows = l.floats(bilinear(h, height, sampling), [height, h])
  const columns = l.floats(bilinear(w, width, sampling), [width, w])
  return separable(l, l.cast(l.at(x, HWNC), x.dtype, 'float32'), rows, columns)
})

const resizeNearest = resize(undefined, (l, x, [height, width], sampling) => {
  const [n, h, w, c] = x.shape as [number, number, number, number]
  const lies = l.at(x, HWNC)
  if (height % h === 0 && width % w === 0 && !sampling.alignCorners) return repeat(l, lies, height, width)
  const tall = l.op('Gather', [lies, l.ints(nearest(h, height, sampling))], [height, w, n, c], { axis: 0 })
  return l.op('Gather', [tall, l.ints(nearest(w, width, sampling))], [height, width, n, c], { axis: 1 })
})

/** The adjoint: the same matrices, transposed. */
const resizeGrad = (weights: typeof bilinear): Kernel => ({
  inputs: ['images', 'dy'],
  half: follows,
  attributes,
  infer: ([images]) => [images as TensorType],
  lower: (l, node) => {
    const [images, dy] = node.inputs as [Value, Value]
    const [, h, w] = images.shape as [number, number, number]
    const [, height, width] = dy.shape as [number, number, number]
    const sampling = node.attributes as unknown as Sampling
    const rows = l.floats(transposed(weights(h, height, sampling), height, h), [h, height])
    const columns = l.floats(transposed(weights(w, width, sampling), width, w), [w, width])
    l.set(first(node.outputs), separable(l, l.at(dy, HWNC), rows, columns), HWNC)
  },
})

/** Resampling of images, and the kernels that tfjs uses for its gradients. */
export const resizeKernels: Kernels = {
  ResizeBilinear: resizeBilinear,
  ResizeBilinearGrad: resizeGrad(bilinear),
  ResizeNearestNeighbor: resizeNearest,
  ResizeNearestNeighborGrad: resizeGrad(repetition),
}
