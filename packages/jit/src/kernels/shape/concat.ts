import { CascadeError } from '@cascade-diffusion/checks'
import type { TensorType } from '../../graph/graph.ts'
import { physicalShape } from '../../lower/layout.ts'
import { byParts } from '../complex.ts'
import { preferredLayout } from '../elementwise/align.ts'
import { follows, joins } from '../half.ts'
import { axesOf, first, type Kernels } from '../kernel.ts'

/** Kernels that join tensors along an axis, or split them. */
export const concatKernels: Kernels = {
  Concat: {
    inputs: 'list',
    half: joins,
    complex: byParts,
    attributes: (given, [x]) => ({ axis: axesOf(given.axis ?? 0, (x as TensorType).shape.length)[0] }),
    infer: (types, { axis }) => {
      const { shape, dtype } = first(types)
      const rest = (t: TensorType) => `${t.dtype} ${t.shape.map((d, i) => (i === axis ? '*' : d))}`
      const other = types.find((t) => rest(t) !== rest(first(types)))
      if (other) throw new CascadeError('input', `expected ${rest(first(types))}, got ${rest(other)}`)
      const length = types.reduce((n, t) => n + (t.shape[axis as number] as number), 0)
      return [{ shape: shape.with(axis as number, length), dtype }]
    },
    simplify: (inputs) => (inputs.length === 1 ? inputs[0] : undefined),
    lower: (l, node) => {
      const out = first(node.outputs)
      const layout = preferredLayout(l, node.inputs, out.shape.length)
      const parts = node.inputs.map((v) => l.at(v, layout))
      const axis = layout.indexOf(node.attributes.axis as number)
      l.set(out, l.op('Concat', parts, physicalShape(out.shape, layout), { axis }), layout)
    },
  },
  SplitV: {
    returnsList: true,
    inputs: ['x'],
    half: follows,
    complex: byParts,
    attributes: (given, [x]) => {
      const { shape } = x as TensorType
      const axis = axesOf(given.axis ?? 0, shape.length)[0] as number
      const d = shape[axis] as number
      const parts = given.numOrSizeSplits as number | number[]
      const sizes = typeof parts === 'number' ? Array.from({ length: parts }, () => d / parts) : [...parts]
      const known = sizes.reduce((n, s) => (s === -1 ? n : n + s), 0)
      const whole = sizes.map((s) => (s === -1 ? d - known : s))
      if (whole.reduce((a, b) => a + b, 0) !== d || !whole.every((s) => Number.isInteger(s) && s >= 0))
        throw new CascadeError('input', `expected parts of ${d} along axis ${axis}, got ${parts}`)
      return { axis, sizes: whole }
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
    half: joins,
    complex: byParts,
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
    half: follows,
    complex: byParts,
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
}
