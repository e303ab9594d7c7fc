import type { ByteImages } from '../../images/byte-images.ts'
import { type ImageSize, sizeOfImage } from '../../images/image-size.ts'
import { halfEven } from '../../resize/half-even.ts'
import { resized, resizePart } from '../../resize/resize-part.ts'

/**
 * An image resized as OpenAI's code does, until its shorter side is `side`, and cropped: its area is halved along each side by means as
 * long as it stays large enough, then it is interpolated.
 * @param offset where the crop begins in an image of a given size.
 */
export function halvedCrop(
  image: ByteImages,
  side: number,
  size: number,
  offset: (from: ImageSize) => readonly [top: number, left: number],
): ByteImages {
  const [height, width] = sizeOfImage(image)
  if (Math.min(height, width) >= 2 * side)
    return halvedCrop(resized(image, [height >> 1, width >> 1], 'box'), side, size, offset)
  const scale = side / Math.min(height, width)
  const to = [halfEven(height * scale), halfEven(width * scale)] as const
  const [top, left] = offset(to)
  return resizePart(image, { size: to, filter: 'bicubic', crop: { top, left, size: [size, size] } })
}
