import type { ByteImages } from '../images/byte-images.ts'
import { type ImageSize, sizeOfImage } from '../images/image-size.ts'
import { resampleBytes } from './resample.ts'
import type { ResizeFilter } from './resize-image.ts'

/** What {@link resizePart} makes of an image. */
export interface ResizePartOptions {
  /** The size of the whole resized image. */
  readonly size: ImageSize
  readonly filter: ResizeFilter
  /** The part of it that is kept: the offset and the size. */
  readonly crop: { readonly top: number; readonly left: number; readonly size: ImageSize }
}

/** A part of an image resized as `resizeImage` does. Only what the part needs is computed. It may be the image itself. */
export function resizePart(image: ByteImages, { size, filter, crop }: ResizePartOptions): ByteImages {
  const [height, width] = sizeOfImage(image)
  const channels = image.shape[2]!
  if (height === crop.size[0] && width === crop.size[1] && height === size[0] && width === size[1]) return image
  const region = { top: 0, left: 0, height, width }
  const keep = { top: crop.top, left: crop.left, height: crop.size[0], width: crop.size[1] }
  const { data } = resampleBytes(
    { region, channels, data: image.data },
    { filter, size, box: [0, 0, height, width], keep },
  )
  return { shape: [...crop.size, channels], data }
}

/** An image of the given size, as `resizeImage` makes it; itself if it has that size. */
export const resized = (image: ByteImages, size: ImageSize, filter: ResizeFilter): ByteImages =>
  resizePart(image, { size, filter, crop: { top: 0, left: 0, size } })
