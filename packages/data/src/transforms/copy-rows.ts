import type { ByteImages } from '../images/byte-images.ts'
import type { ImageSize } from '../images/image-size.ts'

/**
 * A new image of the given size with the old one on it, moved down and to the right by an offset, either of which may be negative.
 * What lies outside is cut off; where nothing lies is `fill`, 0 to 255.
 */
export function copyRows(
  { shape, data }: ByteImages,
  [newHeight, newWidth]: ImageSize,
  [down, right]: readonly [number, number],
  fill = 0,
): ByteImages {
  const [height, width, channels] = shape as readonly [number, number, number]
  const out = new Uint8Array(newHeight * newWidth * channels)
  if (fill !== 0) out.fill(fill)
  const left = Math.max(0, right)
  const length = Math.max(0, Math.min(newWidth, width + right) - left) * channels
  for (let y = Math.max(0, down); y < Math.min(newHeight, height + down); y++) {
    const from = ((y - down) * width + left - right) * channels
    out.set(data.subarray(from, from + length), (y * newWidth + left) * channels)
  }
  return { shape: [newHeight, newWidth, channels], data: out }
}
