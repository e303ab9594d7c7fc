import { CascadeError } from '@cascade-diffusion/checks'
import { slice_util } from '@tensorflow/tfjs-core'
import type { TensorType, Value } from '../../graph/graph.ts'
import { identity, physicalShape } from '../../lower/layout.ts'
import type { Lowering } from '../../lower/lowering.ts'
import { byParts } from '../complex.ts'
import { follows } from '../half.ts'
import { axesOf, first, type Kernels, list, sameShape } from '../kernel.ts'

/** Cuts from `begin` with `strides` (default 1) along every axis, in the operand's layout. */
const slice = (l: Lowering, x: Value, out: Value, begin: readonly number[], strides?: readonly number[]) => {
  const step = (i: number) => strides?.[i] ?? 1
  const last = (i: number) => (begin[i] as number) + ((out.shape[i] as number) - 1) * step(i)
  // ONNX Runtime's WebGPU provider starts negative steps at the end, whatever `begin` says. So what follows `begin` is
  // cut off first.
  if (x.shape.some((d, i) => step(i) < 0 && begin[i] !== d - 1)) {
    const low = begin.map((b, i) => Math.min(b, last(i)))
    const cut: Value = {
      id: -1,
      shape: begin.map((b, i) => Math.max(b, last(i)) + 1 - (low[i] as number)),
      dtype: x.dtype,
    }
    slice(l, x, cut, low)
    slice(
      l,
      cut,
      out,
      begin.map((b, i) => b - (low[i] as number)),
      strides,
    )
    return
  }
  const placed = l.placed(x)
  const { layout } = placed
  const shape = physicalShape(out.shape, layout)
  const start = layout.map((axis) => begin[axis] as number)
  const steps = layout.map(step)
  const end = layout.map((axis) => (step(axis) > 0 ? last(axis) + 1 : last(axis) === 0 ? -(2 ** 31) : last(axis) - 1))
  const axes = identity(layout.length)
  l.set(out, l.op('Slice', [placed, l.ints(start), l.ints(end), l.ints(axes), l.ints(steps)], shape), layout)
}

/** Kernels that take elements at regular distances, or reverse them. */
export const sliceKernels: Kernels = {
  Slice: {
    inputs: ['x'],
    half: follows,
    complex: byParts,
    attributes: (given, [x]) => {
      const type = x as TensorType
      const begin = type.shape.map((_, i) => list(given.begin)[i] ?? 0)
      const size = type.shape.map((d, i) => {
        const n = list(given.size)[i] ?? -1
        return n < 0 ? d - (begin[i] as number) : n
      })
      if (!type.shape.every((d, i) => (begin[i] as number) >= 0 && (begin[i] as number) + (size[i] as number) <= d))
        throw new CascadeError('input', `expected a part of [${type.shape}], got [${size}] from [${begin}] on`)
      return { begin, size }
    },
    infer: ([x], { size }) => [{ shape: size as number[], dtype: (x as TensorType).dtype }],
    simplify: ([x], { size }) => (sameShape((x as Value).shape, size as number[]) ? x : undefined),
    lower: (l, node) => slice(l, first(node.inputs), first(node.outputs), node.attributes.begin as number[]),
  },
  StridedSlice: {
    inputs: ['x'],
    half: follows,
    complex: byParts,
    attributes: (given, [x]) => {
      const numbers = (name: string) => list(given[name])
      const flags = (name: string) => (given[name] as number | undefined) ?? 0
      const info = slice_util.sliceInfo(
        [...(x as TensorType).shape],
        numbers('begin'),
        numbers('end'),
        numbers('strides'),
        flags('beginMask'),
        flags('endMask'),
        flags('ellipsisMask'),
        flags('newAxisMask'),
        flags('shrinkAxisMask'),
      )
      return {
        begin: info.begin,
        strides: info.strides,
        sparse: slice_util.computeOutShape(info.begin, info.end, info.strides),
        shape: info.finalShape,
      }
    },
    infer: ([x], { shape }) => [{ shape: shape as number[], dtype: (x as TensorType).dtype }],
    lower: (l, node) => {
      const { begin, strides, sparse, shape } = node.attributes as Record<string, number[]>
      const x = first(node.inputs)
      const cut: Value = { id: -1, shape: sparse as number[], dtype: x.dtype }
      slice(l, x, cut, begin as number[], strides)
      l.set(first(node.outputs), l.reshape(l.at(cut), shape as number[]))
    },
  },
  Reverse: {
    inputs: ['x'],
    half: follows,
    complex: byParts,
    attributes: (given, [x]) => ({ dims: axesOf(given.dims, (x as TensorType).shape.length) }),
    infer: ([x]) => [x as TensorType],
    lower: (l, node) => {
      const x = first(node.inputs)
      const dims = node.attributes.dims as number[]
      const begin = x.shape.map((d, i) => (dims.includes(i) ? d - 1 : 0))
      slice(
        l,
        x,
        first(node.outputs),
        begin,
        x.shape.map((_, i) => (dims.includes(i) ? -1 : 1)),
      )
    },
  },
}
