import { CascadeError, shown } from '@cascade-diffusion/checks'
import { checkIndices, checkSource } from '../sources/check-source.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { type SelectedSource, selected } from './selected.ts'

/**
 * The images of a source at the indices, in their order: image i is image `indices[i]` of the source. An index may come twice. Labels,
 * classes and encoded images are those of the source. The indices are copied, at 4 bytes each (8 for sources of more than 2³² images).
 * @throws {CascadeError} of code `input` unless there is at least one index, each from 0 to `count` - 1.
 */
export function subset<S extends ImageSource>(source: S, indices: ArrayLike<number>): SelectedSource<S> {
  checkSource('subset', source)
  return selected(source, {
    named: (name) => `${name} (subset)`,
    ...selectionOf('subset', source, indices),
  })
}

/** The count and the places of a list of indices, checked. */
export function selectionOf(where: string, source: ImageSource, indices: ArrayLike<number>) {
  const isList = Array.isArray(indices) || (ArrayBuffer.isView(indices) && !(indices instanceof DataView))
  if (!isList || indices.length === 0)
    throw new CascadeError('input', `${where}: expected indices, a list of at least one number, got ${shown(indices)}`)
  checkIndices(where, source, indices)
  const kept = source.count > 2 ** 32 ? Float64Array.from(indices) : Uint32Array.from(indices)
  return { count: kept.length, at: (i: number): number => kept[i]! }
}
