import { CascadeError } from '@cascade-diffusion/checks'
import {
  checkSource,
  type ImageSize,
  type ImageSource,
  resize,
  type TransformedSource,
  transformed,
} from '@cascade-diffusion/data'

/**
 * The source with its images resized to the size of a model by averaging areas.
 * @param who what is trained, as errors name it: `stage 'base'`.
 * @throws unless it is a source of images of one size, that size or a multiple of it, and of as many channels.
 */
export function trainingImages(
  who: string,
  source: ImageSource,
  [height, width]: ImageSize,
  imageChannels: number,
): TransformedSource {
  const { name, size, channels } = checkSource(who, source)
  const expected = `${who}: expected images of ${height}×${width}×${imageChannels} or a multiple of it`
  if (size === undefined)
    throw new CascadeError(
      'input',
      `${expected}, got no size of '${name}'; transforms make one: transformed(source, centerCrop(), resize({ size }))`,
    )
  const times = size[0] / height
  if (!(Number.isInteger(times) && times >= 1 && size[1] === times * width && channels === imageChannels))
    throw new CascadeError('input', `${expected}, got ${size[0]}×${size[1]}×${channels} in '${name}'`)
  return transformed(source, resize({ size: [height, width] }))
}
