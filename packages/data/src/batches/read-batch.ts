import { CascadeError, checkInteger, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { checkIndices, checkSource } from '../sources/check-source.ts'
import type { ImageSource, LabelledSource, ReadOptions } from '../sources/image-source.ts'
import { readImages } from '../sources/read-images.ts'
import type { ImageBatch, LabelledBatch } from './image-batch.ts'
import { stackedBatch } from './stacked-batch.ts'

const readKeys: KnownKeys<ReadOptions> = { rng: true, firstIndex: true }

/**
 * The images of a source at the given indices, in their order, and their labels.
 * @throws {CascadeError} of code `input` on an unknown option or an index outside the source; of code `data`, naming the source and the image's index, if
 * reading fails, there are more or fewer images or labels than asked for, an image has other channels or another size than the source
 * says or the others have, or a label is none of the classes.
 */
export function readBatch(
  source: LabelledSource,
  indices: ArrayLike<number>,
  options?: ReadOptions,
): Promise<LabelledBatch>
export function readBatch(source: ImageSource, indices: ArrayLike<number>, options?: ReadOptions): Promise<ImageBatch>
export async function readBatch(
  source: ImageSource,
  indices: ArrayLike<number>,
  options: ReadOptions = {},
): Promise<ImageBatch> {
  checkSource('readBatch', source)
  checkOptions('readBatch', options, readKeys)
  if (!Array.isArray(indices) && !ArrayBuffer.isView(indices))
    throw new CascadeError('input', `readBatch: expected indices, a list of numbers, got ${shown(indices)}`)
  const { rng, firstIndex } = options
  if (rng !== undefined && typeof rng?.fold !== 'function')
    throw new CascadeError('input', `readBatch: expected rng, a key such as rng(0) gives, got ${shown(rng)}`)
  if (firstIndex !== undefined) checkInteger('readBatch', 'firstIndex', firstIndex, { from: 0 })
  const list = Array.from(indices as ArrayLike<number>)
  checkIndices('readBatch', source, list)
  const { images, labels } = await readImages(source, list, options)
  return stackedBatch(source, list, images, labels)
}
