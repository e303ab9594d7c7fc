import { type ConfigOf, table } from '@cascade-diffusion/checks'
import { admCropEntry } from './crops/adm-crop.ts'
import { admRandomCropEntry } from './crops/adm-random-crop.ts'
import { bigganCropEntry } from './crops/biggan-crop.ts'
import { centerCropEntry } from './crops/center-crop.ts'
import { randomCropEntry } from './crops/random-crop.ts'
import { randomResizedCropEntry } from './crops/random-resized-crop.ts'
import { resizeCropEntry } from './crops/resize-crop.ts'
import type { ImageTransform } from './image-transform.ts'
import { padEntry } from './pad.ts'
import { randomFlipEntry } from './random-flip.ts'
import { randomShiftEntry } from './random-shift.ts'
import { resizeEntry } from './resize.ts'

/** The built-in transforms, by name. */
export const transforms = table('a transform', [
  admCropEntry,
  admRandomCropEntry,
  bigganCropEntry,
  centerCropEntry,
  padEntry,
  randomCropEntry,
  randomFlipEntry,
  randomResizedCropEntry,
  randomShiftEntry,
  resizeEntry,
  resizeCropEntry,
])

/** A built-in transform by its name: a JSON value. */
export type TransformConfig = ConfigOf<typeof transforms>

/**
 * The transform of a configuration, such as `{ name: 'resize', size: 32 }`.
 * @throws CascadeError 'input' that lists everything that is wrong with it.
 */
export const transformOf = (config: TransformConfig): ImageTransform => transforms.of('transformOf', config)
