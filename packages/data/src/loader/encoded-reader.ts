import type { ImageSize } from '../images/image-size.ts'
import type { EncodedImages } from '../sources/encoded-images.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { locateImages } from '../sources/locate-images.ts'
import { checkedLabels } from '../sources/read-images.ts'
import { applyTransforms, drawsOf } from '../transforms/apply-transforms.ts'
import type { ImageTransform } from '../transforms/image-transform.ts'
import { type TransformConfig, transformOf } from '../transforms/transform-of.ts'
import { isTransformed, sizeAfter } from '../transforms/transformed.ts'
import type { ImageReader, ReadImage } from './image-reader.ts'
import type { Made, Recipe } from './make-image.ts'
import type { Pool } from './pool.ts'
import { isImageError } from './unreadable.ts'

/** A source of encoded images, in parts. */
export interface EncodedParts {
  readonly source: ImageSource
  readonly encoded: EncodedImages
  /** The size of all images before transforms, if there is one. */
  readonly size: ImageSize | undefined
  /** What is done to each image, by any thread up to `known`. */
  readonly transforms: readonly ImageTransform[]
  /** The number of transforms, from the first, that their configurations make again. */
  readonly known: number
  /** The bytes of an image after the known transforms, if all are of one size. */
  readonly knownBytes: number | undefined
}

/** The parts of a source of encoded images, with or without transforms; `undefined` for other sources. */
export function encodedParts(source: ImageSource): EncodedParts | undefined {
  const transforms = isTransformed(source) ? source.transforms : []
  const { encoded, size, channels } = isTransformed(source) ? source.source : source
  if (!encoded) return undefined
  const custom = transforms.findIndex((transform) => !isKnown(transform))
  const known = custom < 0 ? transforms.length : custom
  const knownSize = sizeAfter(transforms.slice(0, known), size)
  return { source, encoded, size, transforms, known, knownBytes: knownSize && knownSize[0] * knownSize[1] * channels }
}

function isKnown({ config }: ImageTransform): boolean {
  try {
    return typeof transformOf(config as TransformConfig) === 'object'
  } catch {
    return false
  }
}

/** What a pool makes of the images. */
export const recipeOf = ({ source, encoded, size, transforms, known }: EncodedParts): Recipe => ({
  name: source.name,
  channels: source.channels,
  decoding: encoded.decoding,
  size,
  transforms: transforms.slice(0, known),
})

/** A reader of encoded images: a pool makes them. Custom transforms are applied in this thread. */
export function encodedReader({ source, encoded, transforms, known }: EncodedParts, pool: Pool): ImageReader {
  const { name, size, channels, classNames } = source
  let imageBytes = size ? size[0] * size[1] * channels : 0
  const finished = (made: Made, index: number, drawn: readonly unknown[]): Made => {
    if (!('shape' in made)) return made
    try {
      const image = applyTransforms(name, transforms.slice(known), made, drawn.slice(known), index)
      imageBytes = Math.max(imageBytes, image.data.length)
      return image
    } catch (error) {
      if (isImageError(error)) return error
      throw error
    }
  }
  return {
    get imageBytes() {
      return imageBytes
    },
    async read({ indices, rng, firstIndex, located }) {
      const draw = drawsOf(name, transforms, rng)
      const found = await locateImages(name, encoded, indices)
      const { images } = found
      const labels = classNames && checkedLabels(name, classNames, indices, found.labels)
      located?.(images.reduce((sum, image) => sum + ('bytes' in image ? image.bytes.length : 0), 0))
      const drawn = indices.map((_, i) => draw(firstIndex + i))
      const made = await pool.make(
        images.map((image, i) => ({ encoded: image, index: indices[i]!, drawn: drawn[i]!.slice(0, known) })),
      )
      return {
        images: made.images.map(
          (image, i): ReadImage => ({
            name: images[i]!.name,
            image: finished(image, indices[i]!, drawn[i]!),
            label: labels?.[i],
          }),
        ),
        release: made.release,
      }
    },
    awaited: pool.awaited,
    close: pool.close,
  }
}
