import type { NDArray } from '@cascade-diffusion/arrays'
import { fromUint8, type ImageSize, type ResizeFilter, resizeImage, toUint8 } from '@cascade-diffusion/data'

/** Images [n, H, W, C] of [-1, 1] at a size: as they are, or rounded to bytes and resized as Pillow does. */
export function atSize(images: NDArray<'float32'>, size: ImageSize, filter: ResizeFilter): NDArray<'float32'> {
  const [, height, width] = images.shape
  if (height === size[0] && width === size[1]) return images
  return fromUint8(resizeImage(toUint8(images), size, { filter }))
}
