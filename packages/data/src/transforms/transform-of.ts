import { type ConfigOf, table } from '@cascade-diffusion/checks'
import { centerCropEntry } from './center-crop.ts'
import type { ImageTransform } from './image-transform.ts'
import { padEntry } from './pad.ts'
import { randomFlipEntry } from './random-flip.ts'
import { randomShiftEntry } from './random-shift.ts'
import { resizeEntry } from './resize.ts'

/** The built-in transforms, by name. */
export const transforms = table('a transform', [
  centerCropEntry,
  padEntry,
  randomFlipEntry,
  randomShiftEntry,
  resizeEntry,
])

/** A built-in transform by its name: a JSON value. */
export type TransformConfig = ConfigOf<typeof transforms>

/**
 * The transform of a configuration, such as `{ name: 'resize', size: 32 }`.
 * @throws CascadeError 'input' that lists everything that is wrong with it.
 */
export const transformOf = (config: TransformConfig): ImageTransform => transforms.of('transformOf', config)
