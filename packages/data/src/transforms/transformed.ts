import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import type { ImageSize } from '../images/image-size.ts'
import { checkSource } from '../sources/check-source.ts'
import type { ImageSource, LabelledSource, ReadImages } from '../sources/image-source.ts'
import { readImages } from '../sources/read-images.ts'
import { applyTransforms, drawsOf } from './apply-transforms.ts'
import type { ImageTransform } from './image-transform.ts'

/** A source whose images pass through transforms as they are read. {@link transformed} makes it. */
export interface TransformedSource extends ImageSource {
  /** Where the images come from. */
  readonly source: ImageSource
  /** What is done to each, in this order. */
  readonly transforms: readonly ImageTransform[]
}

/**
 * The source with transforms between it and its reader, the first applied first. Nothing is read before it is asked for, and nothing
 * is kept. Transforms of a transformed source come after those that it has.
 *
 * Random transforms draw by the key that `read` is given. The second transform of a name gets the key folded with 1, and so on, so that
 * two of a kind draw apart.
 * @throws if the source or a transform has not that form, or a transform does not fit the source's size; when it is read, on an image
 * that a transform does not fit, with its index, or if a random transform has no key.
 */
export function transformed(source: LabelledSource, ...transforms: ImageTransform[]): TransformedSource & LabelledSource
export function transformed(source: ImageSource, ...transforms: ImageTransform[]): TransformedSource
export function transformed(source: ImageSource, ...transforms: ImageTransform[]): TransformedSource {
  checkSource('transformed', source)
  for (const transform of transforms) checkTransform(transform)
  if (isTransformed(source)) return transformed(source.source, ...source.transforms, ...transforms)
  const { name, count, channels, classNames } = source
  return {
    name,
    count,
    channels,
    classNames,
    size: sizeAfter(transforms, source.size),
    source,
    transforms,
    async read(indices, options = {}): Promise<ReadImages> {
      const { images, labels } = await readImages(source, indices, options)
      const { rng, firstIndex = 0 } = options
      const draw = drawsOf(name, transforms, rng)
      const changed = (image: ByteImages, i: number): ByteImages =>
        applyTransforms(name, transforms, image, draw(firstIndex + i), indices[i]!)
      return { images: images.map(changed), labels }
    },
  }
}

/** Whether a source passes images of another one through transforms. */
export const isTransformed = (source: ImageSource): source is TransformedSource =>
  'transforms' in source && 'source' in source

/** The transforms that the images of a source pass through. */
export const transformsOf = (source: ImageSource): readonly ImageTransform[] =>
  isTransformed(source) ? source.transforms : []

/** The size of images after transforms; `undefined` if sizes differ or are not known. @throws if a transform does not fit. */
export const sizeAfter = (transforms: readonly ImageTransform[], size: ImageSize | undefined): ImageSize | undefined =>
  transforms.reduce((size, transform) => (transform.size ? transform.size(size) : size), size)

function checkTransform(transform: ImageTransform): void {
  // A function has a name and an apply too: resize is none, resize({ size: 8 }) is one.
  if (typeof transform === 'object' && typeof transform?.name === 'string' && typeof transform.apply === 'function')
    return
  throw new CascadeError(
    'input',
    `transformed: expected transforms, such as resize({ size: 64 }) and randomFlip() give, got ${shown(transform)}`,
  )
}
