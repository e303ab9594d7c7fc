import { CascadeError, isCascadeError, shown } from '@cascade-diffusion/checks'
import { checkImage } from '../images/check-image.ts'
import type { ImageSource, ReadImages, ReadOptions } from './image-source.ts'

/**
 * What a source reads, checked: an image in bytes for each index, of the channels that the source has, and a label for each, if it is
 * labelled.
 * @throws {CascadeError} of code `data` that names the source and the image's index; what a source throws becomes its cause.
 */
export async function readImages(
  source: ImageSource,
  indices: readonly number[],
  options: ReadOptions,
): Promise<ReadImages> {
  const { name, channels, classNames } = source
  const { images, labels } = await read(source, indices, options)
  if (!Array.isArray(images) || images.length !== indices.length)
    throw new CascadeError('data', `${name}: expected ${indices.length} images from read, got ${shown(images)}`)
  for (const [i, image] of images.entries()) {
    const c = checkImage(name, image, indices[i]!).shape[2]
    if (c !== channels)
      throw new CascadeError('data', `${name}: expected ${channels} channels, got ${c} in image ${indices[i]}`)
  }
  return classNames ? { images, labels: checkedLabels(name, classNames, indices, labels) } : { images }
}

async function read(source: ImageSource, indices: readonly number[], options: ReadOptions): Promise<ReadImages> {
  let given: ReadImages
  try {
    given = await source.read(indices, options)
  } catch (cause) {
    if (isCascadeError(cause)) throw cause
    throw new CascadeError('data', `${source.name}: could not read ${someOf(indices)}: ${messageOf(cause)}`, {
      cause,
    })
  }
  if (typeof given === 'object' && given !== null) return given
  throw new CascadeError('data', `${source.name}: expected { images, labels } from read, got ${shown(given)}`)
}

/** Images by their indices, for an error: the first three. */
export const someOf = (indices: readonly number[]): string =>
  `image${indices.length === 1 ? '' : 's'} ${indices.slice(0, 3).join(', ')}${indices.length > 3 ? ', …' : ''}`

/** Programs may throw anything. */
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : shown(cause))

/** The labels as numbers, one for each index. @throws {CascadeError} of code `data` unless each is one of the classes. */
export function checkedLabels(
  name: string,
  classNames: readonly string[],
  indices: readonly number[],
  labels: ReadImages['labels'],
): Int32Array {
  if (labels?.length !== indices.length)
    throw new CascadeError(
      'data',
      `${name}: expected ${indices.length} labels, as it has classNames, got ${shown(labels)}`,
    )
  return Int32Array.from(labels, (label, i) => {
    if (Number.isInteger(label) && label >= 0 && label < classNames.length) return label
    throw new CascadeError(
      'data',
      `${name}: expected labels from 0 to ${classNames.length - 1}, got ${shown(label)} for image ${indices[i]}`,
    )
  })
}
