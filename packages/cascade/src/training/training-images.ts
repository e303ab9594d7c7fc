import { CascadeError } from '@cascade-diffusion/checks'
import {
  checkSource,
  type ImageSize,
  type ImageSource,
  resize,
  shownSize,
  type TransformedSource,
  transformed,
} from '@cascade-diffusion/data'

/**
 * The source with its images resized to the size of a model by averaging areas.
 * @param who what is trained, as errors name it: `stage 'base'`.
 * @throws unless it is a source of images of one size, at least as large and of the same aspect ratio, and of as many channels.
 */
export function trainingImages(
  who: string,
  source: ImageSource,
  [height, width]: ImageSize,
  imageChannels: number,
): TransformedSource {
  const { name, size, channels } = checkSource(who, source)
  const expected = `${who}: expected images of ${height}×${width}×${imageChannels}, or larger ones of the same aspect ratio`
  if (size === undefined)
    throw new CascadeError(
      'input',
      `${expected}, got no size of '${name}'; transforms make one: transformed(source, centerCrop(), resize({ size }))`,
    )
  const sameAspect = size[0] * width === size[1] * height
  if (size[0] < height || !sameAspect || channels !== imageChannels)
    throw new CascadeError(
      'input',
      `${expected}, got ${shownSize(size)}×${channels} in '${name}'${sameAspect ? '' : '; centerCrop gives them another'}`,
    )
  return transformed(source, resize({ size: [height, width] }))
}
