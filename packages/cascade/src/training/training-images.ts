import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import {
  checkSource,
  fromUint8,
  type ImageSize,
  type ImageSource,
  resize,
  resizeImage,
  shownSize,
  type TransformedSource,
  toUint8,
  transformed,
} from '@cascade-diffusion/data'
import type { Stage, SuperResolutionStage } from '../stage/stage.ts'

/**
 * The source with its images resized to the size of a model by averaging areas (the filter `box`).
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

/**
 * The images of a data set at the size of a stage.
 * @throws as {@link trainingImages}, and unless a class-conditional stage has the classes of the data.
 */
export function stageImages(stage: Stage, dataset: ImageSource): ImageSource {
  const { name, size, imageChannels, classNames } = stage
  const images = trainingImages(`stage '${name}'`, dataset, size, imageChannels)
  if (classNames && String(classNames) !== String(dataset.classNames))
    throw new CascadeError(
      'input',
      `stage '${name}': expected the classes ${classNames.join(', ')}, ` +
        `got ${dataset.classNames?.join(', ') ?? 'none'} in '${dataset.name}'`,
    )
  return images
}

/** The small images that a stage is conditioned on, of large ones: rounded to bytes, like those of a file. */
export const smallImages = ({ lowSize }: SuperResolutionStage, image: NDArray<'float32'>): NDArray<'float32'> =>
  fromUint8(resizeImage(toUint8(image), lowSize, { filter: 'box' }))
