import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import type { ByteImages } from '../images/byte-images.ts'
import { checkImage } from '../images/check-image.ts'
import type { ImageSize } from '../images/image-size.ts'
import { checkSource } from '../sources/check-source.ts'
import type { ImageSource, LabelledSource, ReadImages, ReadOptions } from '../sources/image-source.ts'
import { readImages } from '../sources/read-images.ts'
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
  const steps = transforms.map((transform, i) => ({
    transform,
    earlier: transforms.slice(0, i).filter((other) => other.name === transform.name).length,
  }))
  return {
    name,
    count,
    channels,
    classNames,
    size: transforms.reduce<ImageSize | undefined>((size, step) => (step.size ? step.size(size) : size), source.size),
    source,
    transforms,
    async read(indices, options = {}): Promise<ReadImages> {
      const { images, labels } = await readImages(source, indices, options)
      const { firstIndex = 0 } = options
      const keys = steps.map(({ transform, earlier }) => keyOf(name, transform, earlier, options))
      const changed = (image: ByteImages, i: number): ByteImages =>
        steps.reduce((image, { transform }, k) => {
          const key = keys[k]
          const drawn = key && transform.draw?.(key, firstIndex + i)
          const after = applied(name, transform, image, drawn, indices[i]!)
          return checkImage(`${name}: transform '${transform.name}'`, after, indices[i]!)
        }, image)
      return { images: images.map(changed), labels }
    },
  }
}

/** Whether a source is one that {@link transformed} made. */
export const isTransformed = (source: ImageSource): source is TransformedSource =>
  'transforms' in source && 'source' in source

function keyOf(name: string, transform: ImageTransform, earlier: number, { rng }: ReadOptions): Rng | undefined {
  if (!transform.draw) return undefined
  if (!rng) throw new CascadeError('input', `${name}: expected a key for the transform '${transform.name}': { rng }`)
  return earlier > 0 ? rng.fold(earlier) : rng
}

function applied(
  name: string,
  transform: ImageTransform,
  image: ByteImages,
  drawn: unknown,
  index: number,
): ByteImages {
  try {
    return transform.apply(image, drawn)
  } catch (cause) {
    throw new CascadeError('data', `${name}: image ${index}: ${(cause as Error).message}`, { cause })
  }
}

function checkTransform(transform: ImageTransform): void {
  // A function has a name and an apply too: resize is none, resize({ size: 8 }) is one.
  if (typeof transform === 'object' && typeof transform?.name === 'string' && typeof transform.apply === 'function')
    return
  throw new CascadeError(
    'input',
    `transformed: expected transforms, such as resize({ size: 64 }) and randomFlip() give, got ${shown(transform)}`,
  )
}
