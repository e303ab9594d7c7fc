import { sizeOf } from '@cascade-diffusion/arrays'
import type { Value } from '../../graph/graph.ts'
import { identity, isIdentity, type Layout } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'

/** The layout of the largest operand. Only operands of the result's rank count. */
export function preferredLayout(lowering: Lowering, values: readonly Value[], rank: number): Layout {
  let best: Layout = identity(rank)
  let size = -1
  for (const value of values) {
    if (value.shape.length !== rank) continue
    const { layout } = lowering.placed(value)
    const n = sizeOf(value.shape)
    if (n > size || (n === size && isIdentity(best))) {
      best = layout
      size = n
    }
  }
  return best
}

/**
 * Brings the operands of an element-wise operation into one layout, ready for ONNX's broadcasting. Axes that an operand
 * lacks get length 1, in front, as in broadcasting.
 */
export function aligned(lowering: Lowering, values: readonly Value[], layout: Layout): Physical[] {
  const rank = layout.length
  return values.map((value) => {
    if (value.shape.length === 0) return lowering.placed(value)
    const missing = rank - value.shape.length
    if (missing === 0) return lowering.at(value, layout)
    const own = layout.filter((axis) => axis >= missing).map((axis) => axis - missing)
    const lies = lowering.at(value, own)
    const shape = layout.map((axis) => (axis < missing ? 1 : (value.shape[axis - missing] as number)))
    return lowering.reshape(lies, shape)
  })
}
