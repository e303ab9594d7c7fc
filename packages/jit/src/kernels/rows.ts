import { sizeOf } from '@cascade-diffusion/arrays'
import type { Lowering, Physical } from '../lower/lowering.ts'

/** The distance, in rows, between neighbours along each of the leading axes. */
const stridesOf = (shape: readonly number[]): number[] => shape.map((_, i) => sizeOf(shape.slice(i + 1)))

/** int32 numbers of rows [n] from places [n, axes] along the leading axes, which have these lengths. */
export function rowNumbers(l: Lowering, places: Physical, lengths: readonly number[]): Physical {
  const [n, axes] = places.shape as [number, number]
  if (axes === 1) return l.reshape(places, [n])
  const strides = l.constant(Int32Array.from(stridesOf(lengths)), [axes], 'int32')
  return l.op('ReduceSum', [l.op('Mul', [places, strides], places.shape), l.ints([1])], [n], { keepdims: 0 })
}

/**
 * Puts rows [n, columns] among those of a table [rows, columns], or adds them there, at int32 numbers [n].
 * Of two for the same place the later one stays, or both are added: ONNX Runtime's ScatterND promises neither, since
 * its threads overwrite each other.
 */
export function scatterRows(
  l: Lowering,
  table: Physical,
  numbers: Physical,
  rows: Physical,
  reduction: 'none' | 'add',
): Physical {
  const { shape } = rows
  const indices = l.op('Expand', [l.reshape(numbers, [shape[0] as number, 1]), l.ints(shape)], shape)
  return l.op('ScatterElements', [table, indices, rows], table.shape, { axis: 0, reduction })
}
