import type { ImageSize, ImageSource } from '@cascade-diffusion/data'

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
