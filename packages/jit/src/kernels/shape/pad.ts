import { sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { type Node, splatValue, type TensorType, type Value } from '../../graph/graph.ts'
import { physicalShape } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { byParts, partwise } from '../complex.ts'
import { follows } from '../half.ts'
import { first, type Kernels, list, sameShape } from '../kernel.ts'

/** The padding before and after an axis. */
type Sides = readonly [number, number]

/** The shape with axes of length 1 in front, up to a rank. */
const leadingOnes = ({ shape }: TensorType, rank: number): number[] => [...Array(rank - shape.length).fill(1), ...shape]

/** Repeats axes of length 1, which needs no new layout. */
const expand = (l: Lowering, node: Node) => {
  const x = first(node.inputs)
  const out = first(node.outputs)
  const { layout } = l.placed(x)
  const shape = physicalShape(out.shape, layout)
  l.set(out, l.op('Expand', [l.placed(x), l.ints(shape)], shape), layout)
}

function padded(x: TensorType, paddings: readonly Sides[]): TensorType {
  if (paddings.length !== x.shape.length)
    throw new CascadeError('input', `expected paddings of ${x.shape.length} axes, got ${paddings.length}`)
  return { shape: x.shape.map((d, i) => (paddings[i] as Sides).reduce((a, b) => a + b, d)), dtype: x.dtype }
}

/** Kernels that make tensors longer, by repetition or by padding. */
export const padKernels: Kernels = {
  Tile: {
    inputs: ['x'],
    half: follows,
    complex: byParts,
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
  BroadcastTo: {
    inputs: ['x'],
    half: follows,
    attributes: (given) => ({ shape: list(given.shape) }),
    infer: ([x], { shape }) => [{ shape: shape as number[], dtype: (x as TensorType).dtype }],
    simplify: ([x], { shape }) => (sameShape((x as Value).shape, shape as number[]) ? x : undefined),
    lower: (l, node) => {
      const x = first(node.inputs)
      const out = first(node.outputs)
      const { shape } = out
      l.set(out, l.op('Expand', [l.reshape(l.at(x), leadingOnes(x, shape.length)), l.ints(shape)], shape))
    },
  },
  /** The shape that two shapes broadcast to. */
  BroadcastArgs: {
    inputs: ['s0', 's1'],
    infer: (shapes) => [{ shape: [Math.max(...shapes.map(({ shape }) => shape[0] as number))], dtype: 'int32' }],
    lower: (l, node) => {
      const out = first(node.outputs)
      const rank = out.shape[0] as number
      const one = l.scalar(1, 'int32')
      const [a, b] = node.inputs.map((value) => {
        const missing = rank - (value.shape[0] as number)
        return missing === 0 ? l.at(value) : l.op('Pad', [l.at(value), l.ints([missing, 0]), one], out.shape)
      }) as [Physical, Physical]
      l.set(out, l.op('Where', [l.op('Equal', [a, one], out.shape), b, a], out.shape))
    },
  },
  PadV2: {
    inputs: ['x'],
    half: follows,
    complex: partwise((given) => ({ ...given, constantValue: 0 })),
    attributes: (given) => ({ paddings: given.paddings, value: given.constantValue ?? 0 }),
    infer: ([x], { paddings }) => [padded(x as TensorType, paddings as Sides[])],
    lower: (l, node) => {
      const { paddings, value } = node.attributes as { paddings: Sides[]; value: number }
      const x = first(node.inputs)
      const out = first(node.outputs)
      const { layout } = l.placed(x)
      const sides = [0, 1].flatMap((side) => layout.map((axis) => paddings[axis]?.[side] as number))
      const operands = [l.placed(x), l.ints(sides), l.scalar(value, x.dtype)]
      l.set(out, l.op('Pad', operands, physicalShape(out.shape, layout)), layout)
    },
  },
  MirrorPad: {
    inputs: ['x'],
    half: follows,
    complex: byParts,
    attributes: (given) => ({ paddings: given.paddings, mode: given.mode }),
    infer: ([x], { paddings }) => [padded(x as TensorType, paddings as Sides[])],
    lower: (l, node) => {
      // Rows are gathered, since ONNX's Pad has no mode 'symmetric', which repeats the edge.
      const { paddings, mode } = node.attributes as { paddings: Sides[]; mode: 'reflect' | 'symmetric' }
      const { layout, ...placed } = l.placed(first(node.inputs))
      const mirrored = layout.reduce((x: Physical, axis, place) => {
        const [before, after] = paddings[axis] as Sides
        if (before + after === 0) return x
        const indices = l.ints(mirror(x.shape[place] as number, before, after, mode === 'reflect' ? 0 : 1))
        return l.op('Gather', [x, indices], x.shape.with(place, sizeOf(indices.shape)), { axis: place })
      }, placed)
      l.set(first(node.outputs), mirrored, layout)
    },
  },
}

/** The indices of an axis that is mirrored at its ends; `edge` is 1 if the end itself is repeated. */
const mirror = (size: number, before: number, after: number, edge: 0 | 1): number[] =>
  Array.from({ length: before + size + after }, (_, i) => {
    const at = i - before
    return at < 0 ? -at - edge : at >= size ? 2 * (size - 1) - at + edge : at
  })
