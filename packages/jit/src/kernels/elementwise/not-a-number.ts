import type { Value } from '../../graph/graph.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { first, type Kernel } from '../kernel.ts'

/** The largest finite number of float32. */
export const LARGEST = (2 - 2 ** -23) * 2 ** 127

/** NaN where `x` is NaN, else 0. */
function strays(l: Lowering, x: Physical): Physical {
  return l.op('Where', [l.op('IsNaN', [x], x.shape), x, l.scalar(0)], x.shape)
}

/**
 * Makes a kernel of the greatest or least along its `axes` give NaN if one of the elements is NaN, which ReduceMax and
 * ReduceMin of ONNX Runtime ignore unless it comes first. Infinities are kept.
 */
export const keepsNaN = (kernel: Kernel): Kernel => ({
  ...kernel,
  lower: (l, node) => {
    kernel.lower(l, node)
    const [x, out] = [first(node.inputs), first(node.outputs)]
    const { axes, keepDims } = node.attributes as { axes: number[]; keepDims: boolean }
    if (x.dtype !== 'float32' || axes.length === 0) return
    const lies = l.placed(x)
    const { layout, ...y } = l.placed(out)
    const places = axes.map((axis) => lies.layout.indexOf(axis)).sort((a, b) => a - b)
    const sum = l.op('ReduceSum', [strays(l, lies), l.ints(places)], y.shape, { keepdims: keepDims ? 1 : 0 })
    l.set(out, l.op('Sub', [y, sum], y.shape), layout)
  },
})

/**
 * Replaces NaN by a number that comes before all others, as in PyTorch and NumPy, whether the greatest or the least
 * comes first. Infinity counts as the largest finite number.
 */
export function withNaNFirst(l: Lowering, x: Physical, { dtype }: Value, order: 'greatest' | 'least'): Physical {
  if (dtype !== 'float32') return x
  const [bound, opType, beyond] =
    order === 'greatest' ? [LARGEST, 'Min', Number.POSITIVE_INFINITY] : [-LARGEST, 'Max', Number.NEGATIVE_INFINITY]
  const finite = l.op(opType, [x, l.scalar(bound)], x.shape)
  return l.op('Where', [l.op('IsNaN', [x], x.shape), l.scalar(beyond), finite], x.shape)
}

/** Pools an image [N, C, …] by `pool` to the greatest of each window, or NaN if the window has one. */
export function pooledWithNaN(l: Lowering, x: Physical, pool: (x: Physical) => Physical): Physical {
  const stray = l.cast(l.op('IsNaN', [x], x.shape), 'bool', 'float32')
  const y = pool(x)
  return l.op('Where', [l.cast(pool(stray), 'float32', 'bool'), l.scalar(Number.NaN), y], y.shape)
}
