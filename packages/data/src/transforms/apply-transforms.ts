import { CascadeError } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import type { ByteImages } from '../images/byte-images.ts'
import { checkImage } from '../images/check-image.ts'
import { messageOf } from '../sources/read-images.ts'
import type { ImageTransform } from './image-transform.ts'

/**
 * What transforms draw for images, by the key of a batch: a function of an image's place in it, which gives one value for each transform.
 * The second transform of a name draws by the key folded with 1, and so on, so that two of a kind draw apart.
 * @param name of the source, for the error.
 * @throws if there is a random transform and no key. What it gives throws if a transform cannot draw.
 */
export function drawsOf(
  name: string,
  transforms: readonly ImageTransform[],
  rng: Rng | undefined,
): (place: number) => unknown[] {
  const keys = transforms.map((transform, i) => {
    if (!transform.draw) return undefined
    if (!rng) throw new CascadeError('input', `${name}: expected a key for the transform '${transform.name}': { rng }`)
    const earlier = transforms.slice(0, i).filter((other) => other.name === transform.name).length
    return earlier > 0 ? rng.fold(earlier) : rng
  })
  return (place) =>
    transforms.map((transform, i) => {
      try {
        return keys[i] && transform.draw?.(keys[i], place)
      } catch (cause) {
        throw new CascadeError('input', `${name}: transform '${transform.name}' could not draw: ${messageOf(cause)}`, {
          cause,
        })
      }
    })
}

/**
 * The image changed by transforms, the first applied first.
 * @param name of the source, for errors.
 * @param drawn what {@link drawsOf} gave for the image, one value for each transform.
 * @param index of the image in the source, for errors.
 * @throws {CascadeError} of code `data` if a transform does not fit the image or gives no image.
 */
export function applyTransforms(
  name: string,
  transforms: readonly ImageTransform[],
  image: ByteImages,
  drawn: readonly unknown[],
  index: number,
): ByteImages {
  let current = image
  for (const [i, transform] of transforms.entries()) {
    const after = applied(name, transform, current, drawn[i], index)
    current = checkImage(`${name}: transform '${transform.name}'`, after, index)
  }
  return current
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
    throw new CascadeError('data', `${name}: image ${index}: ${messageOf(cause)}`, { cause })
  }
}
