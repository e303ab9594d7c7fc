import {
  type ByteImages,
  type ImageSize,
  type ImageSource,
  type ImageTransform,
  resizeImage,
} from '@cascade-diffusion/data'

/** Images that are looked at before the first is super-resolved. */
const looks = 64

/** The sizes of images, of at most {@link looks} spread over the set. */
export async function sizesOf(source: ImageSource): Promise<readonly ImageSize[]> {
  if (source.size) return [source.size]
  const n = Math.min(source.count, looks)
  const indices = Array.from({ length: n }, (_, i) => Math.floor((i * source.count) / n))
  const sizes: ImageSize[] = []
  // A few at a time: they may be large.
  for (let from = 0; from < n; from += 4) {
    const { images } = await source.read(indices.slice(from, from + 4))
    sizes.push(...images.map(({ shape: [height = 0, width = 0] }) => [height, width] as const))
  }
  return sizes
}

/**
 * Crops an image to the shape of a size in the middle, and resizes it: by averaging areas, as small images were made in
 * training; smoothly if it becomes larger.
 */
export const fit = ([height, width]: ImageSize): ImageTransform => ({
  name: 'fit',
  size: () => [height, width],
  apply(image: ByteImages) {
    const [h = 0, w = 0] = image.shape
    if (h === height && w === width) return image
    const scale = Math.min(h / height, w / width)
    const [top, left] = [(h - scale * height) / 2, (w - scale * width) / 2]
    return resizeImage(image, [height, width], {
      filter: scale >= 1 ? 'box' : 'bicubic',
      box: [top, left, top + scale * height, left + scale * width],
    })
  },
})
