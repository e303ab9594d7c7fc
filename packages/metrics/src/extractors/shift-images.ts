import { allocate, type NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkInteger, checkOptions } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'

/** Options of {@link shiftImages}. */
export interface ShiftImagesOptions {
  /** The greatest shift along each axis, in pixels. Default 2. */
  maxShift?: number
  /** The value of pixels that come in from outside. Default -1, black. */
  fill?: number
}

/**
 * Augmentation for training a classifier: shifts each image by whole pixels, drawn uniformly from -maxShift to maxShift for
 * each axis. A pure function of its arguments.
 * @param images [N, H, W, C] float32; not changed.
 */
export function shiftImages(
  images: NDArray<'float32'>,
  rng: Rng,
  options: ShiftImagesOptions = {},
): NDArray<'float32'> {
  checkOptions('shiftImages', options, { maxShift: true, fill: true })
  const { maxShift = 2, fill = -1 } = options
  checkInteger('shiftImages', 'maxShift', maxShift, { from: 0 })
  const [n, h, w, c] = images.shape
  if (images.shape.length !== 4 || n === undefined || h === undefined || w === undefined || c === undefined)
    throw new CascadeError('input', `shiftImages: expected images of shape [N, H, W, C], got [${images.shape}]`)
  const shifts = rng.integers([n, 2], -maxShift, maxShift + 1).data
  const data = allocate('float32', images.data.length).fill(fill)
  for (let i = 0; i < n; i++) {
    const down = shifts[2 * i]!
    const right = shifts[2 * i + 1]!
    const width = Math.max(0, w - Math.abs(right)) * c
    for (let y = Math.max(0, down); y < Math.min(h, h + down); y++) {
      const from = ((i * h + y - down) * w + Math.max(0, -right)) * c
      data.set(images.data.subarray(from, from + width), ((i * h + y) * w + Math.max(0, right)) * c)
    }
  }
  return { dtype: 'float32', shape: images.shape, data }
}
