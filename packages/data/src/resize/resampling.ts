import type { ImageSize } from '../images/image-size.ts'
import type { FilterName } from './filters.ts'
import type { Region } from './region.ts'

/** The edges of the part of an image that is resized, in pixels: fractions are allowed. */
export type Box = readonly [top: number, left: number, bottom: number, right: number]

/** What is made of an image. */
export interface Resampling {
  readonly filter: FilterName | 'nearest'
  /** The size of the whole new image. */
  readonly size: ImageSize
  readonly box: Box
  /** The part of the new image that is computed. */
  readonly keep: Region
}

/** The region of the image that is kept as it is, if the box has whole pixels and the new size. */
export function cropOf({ size, box, keep }: Resampling): Region | undefined {
  const [top, left, bottom, right] = box
  const whole = Number.isInteger(top) && Number.isInteger(left)
  if (!whole || bottom - top !== size[0] || right - left !== size[1]) return undefined
  return { ...keep, top: keep.top + top, left: keep.left + left }
}
