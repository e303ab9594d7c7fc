import { sizeOf } from '@cascade-diffusion/arrays'
import type { Lowering, Physical } from '../../lower/lowering.ts'

/** The distance, in rows, between neighbours along each of the leading axes. */
const stridesOf = (shape: readonly number[]): number[] => shape.map((_, i) => sizeOf(shape.slice(i + 1)))

/**
 * Replaces negative indices by one larger than any length. ONNX Runtime then refuses them, as tfjs does, instead of
 * counting them from the end.
 */
export function refusingNegative(l: Lowering, indices: Physical): Physical {
  const negative = l.op('Less', [indices, l.scalar(0, 'int32')], indices.shape)
  return l.op('Where', [negative, l.scalar(2 ** 31 - 1, 'int32'), indices], indices.shape)
}

/**
 * The int32 numbers of rows [n] from places [n, axes] along the leading axes, which have these lengths. A place beyond
 * either end of an axis gets the number after the last row, which ONNX Runtime refuses.
 */
export function rowNumbers(l: Lowering, places: Physical, lengths: readonly number[]): Physical {
  const [n, axes] = places.shape as [number, number]
  if (axes === 1) return refusingNegative(l, l.reshape(places, [n]))
  const row = (values: readonly number[]) => l.constant(Int32Array.from(values), [axes], 'int32')
  const numbers = l.op('ReduceSum', [l.op('Mul', [places, row(stridesOf(lengths))], places.shape), l.ints([1])], [n], {
    keepdims: 0,
  })
  const beyond = l.op('GreaterOrEqual', [refusingNegative(l, places), row(lengths)], places.shape)
  const any = l.op('ReduceMax', [l.cast(beyond, 'bool', 'int32'), l.ints([1])], [n], { keepdims: 0 })
  return l.op('Where', [l.cast(any, 'int32', 'bool'), l.scalar(sizeOf(lengths), 'int32'), numbers], [n])
}

/**
 * Puts rows [n, columns] among those of a table [rows, columns], or adds them there, at int32 numbers [n]. Of two rows
 * for the same place the later one stays, or both are added. ONNX Runtime's ScatterND promises neither: its threads
 * overwrite each other.
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
