import type { AxisWeights } from './axis-weights.ts'
import { axisWeights } from './axis-weights.ts'
import type { FilterName } from './filters.ts'
import type { Region } from './region.ts'
import type { Resampling } from './resampling.ts'

/** One pass over an image: along its rows (the width changes) or its columns (the height changes). */
export interface Pass {
  readonly along: 'width' | 'height'
  readonly weights: AxisWeights
  /** What it reads of the image before it. */
  readonly from: Region
  /** What it computes of the image after it. */
  readonly to: Region
}

/**
 * The passes that Pillow makes, at most two, each limited to the pixels that are needed after it. An axis whose size does not change
 * has none. The width comes first, unless the height shrinks by more than twice as many pixels.
 */
export function passesOf({ height, width }: Region, filter: FilterName, { size, box, keep }: Resampling): Pass[] {
  const [newHeight, newWidth] = size
  const [top, left, bottom, right] = box
  const high = newHeight !== height || top !== 0 || bottom !== height
  const wide = newWidth !== width || left !== 0 || right !== width
  const rows = high && axisWeights({ filter, from: height, to: newHeight, edges: [top, bottom] })
  const columns = wide && axisWeights({ filter, from: width, to: newWidth, edges: [left, right] })

  const [firstRow, endRow] = rows ? readBy(rows, keep.top, keep.height) : [keep.top, keep.top + keep.height]
  const [firstColumn, endColumn] = columns
    ? readBy(columns, keep.left, keep.width)
    : [keep.left, keep.left + keep.width]
  const read = { top: firstRow, left: firstColumn, height: endRow - firstRow, width: endColumn - firstColumn }
  if (!rows) return columns ? [{ along: 'width', weights: columns, from: read, to: keep }] : []
  if (!columns) return [{ along: 'height', weights: rows, from: read, to: keep }]
  if (!(height > newHeight && height - newHeight > 2 * (width - newWidth))) {
    const between = { top: read.top, left: keep.left, height: read.height, width: keep.width }
    return [
      { along: 'width', weights: columns, from: read, to: between },
      { along: 'height', weights: rows, from: between, to: keep },
    ]
  }
  const between = { top: keep.top, left: read.left, height: keep.height, width: read.width }
  return [
    { along: 'height', weights: rows, from: read, to: between },
    { along: 'width', weights: columns, from: between, to: keep },
  ]
}

/** The pixels that new ones are mixed of: the first, and the one after the last. */
function readBy({ starts, counts }: AxisWeights, first: number, count: number): [first: number, end: number] {
  const last = first + count - 1
  return [starts[first]!, starts[last]! + counts[last]!]
}
