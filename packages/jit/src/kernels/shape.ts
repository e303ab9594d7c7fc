import { sizeOf } from '@cascade-diffusion/arrays'
import { slice_util } from '@tensorflow/tfjs-core'
import { type Node, splatValue, type TensorType, type Value } from '../graph/graph.ts'
import { identity, physicalShape, reshapeLayout } from '../lower/layout.ts'
import type { Lowering } from '../lower/lowering.ts'
import { preferredLayout } from './align.ts'
import { axesOf, first, type Kernel, type Kernels, list } from './kernel.ts'

const sameShape = (a: readonly number[], b: readonly number[]) => String(a) === String(b)

const reshape = (l: Lowering, node: Node) => {
  const x = first(node.inputs)
  const out = first(node.outputs)
  const placed = l.placed(x)
  const layout = reshapeLayout(x.shape, placed.layout, out.shape)
  if (layout) l.set(out, l.reshape(placed, physicalShape(out.shape, layout)), layout)
  else l.set(out, l.reshape(l.at(x), out.shape))
}

/** Reshapes to the attribute `shape`; a reshape of a reshape is one, and a splat of another shape is a splat. */
const reshapeKernel = (
  input: string,
  shapeOf: (x: TensorType, given: Record<string, unknown>) => number[],
): Kernel => ({
  inputs: [input],
  attributes: (given, [x]) => ({ shape: shapeOf(x as TensorType, given) }),
  infer: ([x], { shape }) => [{ shape: shape as number[], dtype: (x as TensorType).dtype }],
  simplify: ([x], { shape }, builder) => {
    const value = x as Value
    const to = shape as number[]
    if (sameShape(value.shape, to)) return value
    const splat = splatValue(value)
    if (splat !== undefined) return builder.splat(splat, to, value.dtype)
    const source = value.node?.op === 'Reshape' ? first(value.node.inputs) : value
    if (sameShape(source.shape, to)) return source
    return builder.record('Reshape', [source], { shape: to }, [{ shape: to, dtype: value.dtype }])[0]
  },
  lower: reshape,
})

function inferredShape(x: TensorType, shape: readonly number[]): number[] {
  const known = shape.reduce((n, d) => (d === -1 ? n : n * d), 1)
  return shape.map((d) => (d === -1 ? sizeOf(x.shape) / known : d))
}

/** Repeats axes of length 1 only: no memory need be laid out anew. */
const expand = (l: Lowering, node: Node) => {
  const x = first(node.inputs)
  const out = first(node.outputs)
  const { layout } = l.placed(x)
  const shape = physicalShape(out.shape, layout)
  l.set(out, l.op('Expand', [l.placed(x), l.ints(shape)], shape), layout)
}

const concatenate = (l: Lowering, values: readonly Value[], out: Value, axis: number) => {
  const layout = preferredLayout(l, values, out.shape.length)
  const parts = values.map((v) => l.at(v, layout))
  l.set(out, l.op('Concat', parts, physicalShape(out.shape, layout), { axis: layout.indexOf(axis) }), layout)
}

/** Cuts from `begin` with `strides` (1 by default) along every axis, where the operand lies. */
const slice = (l: Lowering, x: Value, out: Value, begin: readonly number[], strides?: readonly number[]) => {
  const placed = l.placed(x)
  const { layout } = placed
  const shape = physicalShape(out.shape, layout)
  const start = layout.map((axis) => begin[axis] as number)
  const step = layout.map((axis) => strides?.[axis] ?? 1)
  const end = start.map((b, i) => {
    const last = b + ((shape[i] as number) - 1) * (step[i] as number)
    return (step[i] as number) > 0 ? last + 1 : last === 0 ? -(2 ** 31) : last - 1
  })
  const axes = identity(layout.length)
  l.set(out, l.op('Slice', [placed, l.ints(start), l.ints(end), l.ints(axes), l.ints(step)], shape), layout)
}

const pad = (mode: string, input = 'x'): Kernel => ({
  inputs: [input],
  attributes: (given) => ({
    paddings: given.paddings,
    value: given.constantValue ?? 0,
    mode: mode === 'mirror' ? given.mode : 'constant',
  }),
  infer: ([x], { paddings }) => [
    {
      shape: (x as TensorType).shape.map((d, i) => {
        const [before, after] = (paddings as [number, number][])[i] as [number, number]
        return d + before + after
      }),
      dtype: (x as TensorType).dtype,
    },
  ],
  lower: (l, node) => {
    const { paddings, value, mode } = node.attributes as { paddings: [number, number][]; value: number; mode: string }
    if (mode === 'symmetric') throw new Error("jit: MirrorPad: expected mode 'reflect', got 'symmetric'")
    const x = first(node.inputs)
    const placed = l.placed(x)
    const { layout } = placed
    const sides = [0, 1].flatMap((side) => layout.map((axis) => paddings[axis]?.[side] as number))
    const operands = [placed, l.ints(sides), ...(mode === 'constant' ? [l.scalar(value, x.dtype)] : [])]
    const out = first(node.outputs)
    l.set(out, l.op('Pad', operands, physicalShape(out.shape, layout), { mode }), layout)
  },
})

export const shapeKernels: Kernels = {
  Reshape: reshapeKernel('x', (x, given) => inferredShape(x, given.shape as number[])),
  ExpandDims: reshapeKernel('input', (x, given) => {
    const dim = given.dim as number
    const at = dim < 0 ? dim + x.shape.length + 1 : dim
    return [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]
  }),
  Transpose: {
    inputs: ['x'],
    infer: ([x], { perm }) => [
      { shape: list(perm).map((axis) => (x as TensorType).shape[axis] as number), dtype: (x as TensorType).dtype },
    ],
    lower: (l, node) => {
      // Nothing moves: the axes only get other names.
      const perm = list(node.attributes.perm)
      const placed = l.placed(first(node.inputs))
      l.set(
        first(node.outputs),
        placed,
        placed.layout.map((axis) => perm.indexOf(axis)),
      )
    },
  },
  Slice: {
    inputs: ['x'],
    attributes: (given, [x]) => {
      const type = x as TensorType
      const begin = list(given.begin)
      const size = list(given.size)
      return {
        begin: type.shape.map((_, i) => begin[i] ?? 0),
        size: type.shape.map((d, i) => ((size[i] ?? -1) < 0 ? d - (begin[i] ?? 0) : (size[i] as number))),
      }
    },
    infer: ([x], { size }) => [{ shape: size as number[], dtype: (x as TensorType).dtype }],
    simplify: ([x], { size }) => (sameShape((x as Value).shape, size as number[]) ? x : undefined),
    lower: (l, node) => slice(l, first(node.inputs), first(node.outputs), node.attributes.begin as number[]),
  },
  StridedSlice: {
    inputs: ['x'],
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
  Concat: {
    inputs: 'list',
    attributes: (given, [x]) => ({ axis: axesOf(given.axis ?? 0, (x as TensorType).shape.length)[0] }),
    infer: (types, { axis }) => [
      {
        shape: first(types).shape.map((d, i) =>
          i === axis ? types.reduce((n, t) => n + (t.shape[i] as number), 0) : d,
        ),
        dtype: first(types).dtype,
      },
    ],
    simplify: (inputs) => (inputs.length === 1 ? inputs[0] : undefined),
    lower: (l, node) => concatenate(l, node.inputs, first(node.outputs), node.attributes.axis as number),
  },
  SplitV: {
    returnsList: true,
    inputs: ['x'],
    attributes: (given, [x]) => {
      const { shape } = x as TensorType
      const axis = axesOf(given.axis ?? 0, shape.length)[0] as number
      const d = shape[axis] as number
      const parts = given.numOrSizeSplits as number | number[]
      const sizes = typeof parts === 'number' ? Array.from({ length: parts }, () => d / parts) : [...parts]
      const known = sizes.reduce((n, s) => (s === -1 ? n : n + s), 0)
      return { axis, sizes: sizes.map((s) => (s === -1 ? d - known : s)) }
    },
    infer: ([x], { axis, sizes }) =>
      (sizes as number[]).map((size) => ({
        shape: (x as TensorType).shape.map((d, i) => (i === axis ? size : d)),
        dtype: (x as TensorType).dtype,
      })),
    lower: (l, node) => {
      const { axis, sizes } = node.attributes as { axis: number; sizes: number[] }
      const placed = l.placed(first(node.inputs))
      const { layout } = placed
      const names = l.ops('Split', [placed, l.ints(sizes)], sizes.length, { axis: layout.indexOf(axis) })
      node.outputs.forEach((out, i) => {
        l.set(out, { name: names[i] as string, shape: physicalShape(out.shape, layout) }, layout)
      })
    },
  },
  Pack: {
    inputs: 'list',
    attributes: (given, types) => ({ axis: axesOf(given.axis ?? 0, first(types).shape.length + 1)[0] }),
    infer: (types, { axis }) => {
      const { shape, dtype } = first(types)
      return [{ shape: [...shape.slice(0, axis as number), types.length, ...shape.slice(axis as number)], dtype }]
    },
    lower: (l, node) => {
      const axis = node.attributes.axis as number
      const out = first(node.outputs)
      const parts = node.inputs.map((v) => l.reshape(l.at(v), [...v.shape.slice(0, axis), 1, ...v.shape.slice(axis)]))
      l.set(out, l.op('Concat', parts, out.shape, { axis }))
    },
  },
  Unpack: {
    returnsList: true,
    inputs: ['value'],
    attributes: (given, [x]) => ({ axis: axesOf(given.axis ?? 0, (x as TensorType).shape.length)[0] }),
    infer: ([x], { axis }) => {
      const { shape, dtype } = x as TensorType
      const one = { shape: shape.filter((_, i) => i !== axis), dtype }
      return Array.from({ length: shape[axis as number] as number }, () => one)
    },
    lower: (l, node) => {
      const axis = node.attributes.axis as number
      const lies = l.at(first(node.inputs))
      const shape = lies.shape.map((d, i) => (i === axis ? 1 : d))
      const sizes = node.outputs.map(() => 1)
      const names = l.ops('Split', [lies, l.ints(sizes)], sizes.length, { axis })
      node.outputs.forEach((out, i) => {
        l.set(out, l.reshape({ name: names[i] as string, shape }, out.shape))
      })
    },
  },
  Tile: {
    inputs: ['x'],
    attributes: (given) => ({ reps: list(given.reps) }),
    infer: ([x], { reps }) => [
      {
        shape: (x as TensorType).shape.map((d, i) => d * ((reps as number[])[i] as number)),
        dtype: (x as TensorType).dtype,
      },
    ],
    simplify: ([x], { reps }, builder) => {
      const value = x as Value
      const times = reps as number[]
      if (times.every((r) => r === 1)) return value
      const shape = value.shape.map((d, i) => d * (times[i] as number))
      const splat = splatValue(value)
      return splat === undefined ? undefined : builder.splat(splat, shape, value.dtype)
    },
    lower: (l, node) => {
      const x = first(node.inputs)
      const reps = node.attributes.reps as number[]
      if (x.shape.every((d, i) => d === 1 || reps[i] === 1)) return expand(l, node)
      const placed = l.placed(x)
      const { layout } = placed
      const out = first(node.outputs)
      const times = layout.map((axis) => reps[axis] as number)
      l.set(out, l.op('Tile', [placed, l.ints(times)], physicalShape(out.shape, layout)), layout)
    },
  },
  Reverse: {
    inputs: ['x'],
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
  PadV2: pad('constant'),
  MirrorPad: pad('mirror'),
}
