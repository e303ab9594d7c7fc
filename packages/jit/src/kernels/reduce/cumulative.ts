import type { DType } from '@cascade-diffusion/arrays'
import type { TensorType } from '../../graph/graph.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { axesOf, first, type Kernel } from '../kernel.ts'

/** The direction of a running sum or product: without each element itself, and from the end. */
export interface Direction {
  readonly exclusive: boolean
  readonly reverse: boolean
}

/** A kernel of running sums or products. @param emit emits them along an axis in memory. */
export const cumulative = (
  emit: (l: Lowering, x: Physical, axis: number, direction: Direction, dtype: DType) => Physical,
): Kernel => ({
  inputs: ['x'],
  attributes: (given, [x]) => ({
    axis: axesOf(given.axis ?? 0, (x as TensorType).shape.length)[0],
    exclusive: given.exclusive ?? false,
    reverse: given.reverse ?? false,
  }),
  infer: ([x]) => {
    const { shape, dtype } = x as TensorType
    return [{ shape, dtype: dtype === 'bool' ? 'int32' : dtype }]
  },
  lower: (l, node) => {
    const { axis, ...direction } = node.attributes as unknown as Direction & { axis: number }
    const x = first(node.inputs)
    const out = first(node.outputs)
    const placed = l.placed(x)
    const lies = l.cast(placed, x.dtype, out.dtype)
    l.set(out, emit(l, lies, placed.layout.indexOf(axis), direction, out.dtype), placed.layout)
  },
})
