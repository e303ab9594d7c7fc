import { sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { type Node, splatValue, type TensorType, type Value } from '../../graph/graph.ts'
import { physicalShape, reshapeLayout } from '../../lower/layout.ts'
import type { Lowering } from '../../lower/lowering.ts'
import { byParts } from '../complex.ts'
import { follows } from '../half.ts'
import { first, type Kernel, type Kernels, list, sameShape } from '../kernel.ts'

const reshape = (l: Lowering, node: Node) => {
  const x = first(node.inputs)
  const out = first(node.outputs)
  const placed = l.placed(x)
  const layout = reshapeLayout(x.shape, placed.layout, out.shape)
  if (layout) l.set(out, l.reshape(placed, physicalShape(out.shape, layout)), layout)
  else l.set(out, l.reshape(l.at(x), out.shape))
}

/** Reshapes to the attribute `shape`. A reshape of a reshape is one reshape; that of a splat is a splat. */
const reshapeKernel = (
  input: string,
  shapeOf: (x: TensorType, given: Record<string, unknown>) => number[],
): Kernel => ({
  inputs: [input],
  half: follows,
  complex: byParts,
  attributes: (given, [x]) => {
    const shape = shapeOf(x as TensorType, given)
    const size = sizeOf((x as TensorType).shape)
    if (sizeOf(shape) !== size || !shape.every(Number.isInteger))
      throw new CascadeError('input', `expected a shape of ${size} elements, got [${shape}]`)
    return { shape }
  },
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

/** Kernels that keep all elements and change only the axes. */
export const reshapeKernels: Kernels = {
  Reshape: reshapeKernel('x', (x, given) => inferredShape(x, given.shape as number[])),
  ExpandDims: reshapeKernel('input', (x, given) => {
    const dim = given.dim as number
    const at = dim < 0 ? dim + x.shape.length + 1 : dim
    return [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]
  }),
  Transpose: {
    inputs: ['x'],
    half: follows,
    complex: byParts,
    infer: ([x], { perm }) => [
      { shape: list(perm).map((axis) => (x as TensorType).shape[axis] as number), dtype: (x as TensorType).dtype },
    ],
    lower: (l, node) => {
      // Nothing moves: the axes only change their numbers.
      const perm = list(node.attributes.perm)
      const placed = l.placed(first(node.inputs))
      l.set(
        first(node.outputs),
        placed,
        placed.layout.map((axis) => perm.indexOf(axis)),
      )
    },
  },
}
