import { type ByteImages, type ImageSize, resizeImage } from '@cascade-diffusion/data'

/**
 * Crops an image to the shape of a size, in the middle, and resizes it to it: by averaging areas, as the small images of
 * training are made; smoothly if it becomes larger.
 * @param image bytes [h,w,C].
 */
export function fitImage(image: ByteImages, [height, width]: ImageSize): ByteImages {
  const [h = 0, w = 0] = image.shape
  if (h === height && w === width) return image
  const scale = Math.min(h / height, w / width)
  const [top, left] = [(h - scale * height) / 2, (w - scale * width) / 2]
  // Rounding may lead past the edge.
  const box = [top, left, Math.min(h, top + scale * height), Math.min(w, left + scale * width)] as const
  return resizeImage(image, [height, width], { filter: scale >= 1 ? 'box' : 'bicubic', box })
}
