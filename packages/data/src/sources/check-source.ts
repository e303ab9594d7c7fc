import { CascadeError, checkFunction, checkInteger, shown } from '@cascade-diffusion/checks'
import { checkDecoding } from '../decode/decode-options.ts'
import { isChannels } from '../images/channels.ts'
import { type ImageSize, imageSize } from '../images/image-size.ts'
import type { EncodedImages } from './encoded-images.ts'
import type { ImageSource } from './image-source.ts'

/**
 * Gives the value back if it has the form of a source. What it reads is checked as it is read.
 * @param where who asks: `stage 'base'`.
 * @throws `where: expected a dataset (…), …`, or `where: dataset 'name': expected …` with the field.
 */
export function checkSource<S extends ImageSource>(where: string, source: S): S {
  const { name, count, channels, classNames, size, read, encoded, readLabels } = (source ?? {}) as Partial<ImageSource>
  if (typeof name !== 'string' || typeof read !== 'function')
    throw new CascadeError(
      'input',
      `${where}: expected a dataset (imageDataset({ … }), or { name, count, channels, read }), got ${got(source)}`,
    )
  const of = `${where}: dataset '${name}'`
  checkInteger(of, 'a count', count, { from: 1 })
  if (!isChannels(channels)) throw new CascadeError('input', `${of}: expected 1 to 4 channels, got ${shown(channels)}`)
  if (size !== undefined) checkSize(of, size)
  if (classNames !== undefined) checkClassNames(of, classNames)
  if (encoded !== undefined) checkEncoded(of, encoded)
  if (readLabels !== undefined) checkFunction(of, 'readLabels', readLabels)
  return source
}

/** @throws unless each is an integer from 0 to `count` - 1. */
export function checkIndices(
  where: string,
  { name, count }: Pick<ImageSource, 'name' | 'count'>,
  indices: ArrayLike<number>,
): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!
    if (!(Number.isInteger(index) && index >= 0 && index < count))
      throw new CascadeError(
        'input',
        `${where}: expected indices from 0 to ${count - 1} of ${name}, got ${shown(index)} at ${i}`,
      )
  }
}

/** @throws unless it is { decoding, locate }. */
export function checkEncoded(where: string, encoded: EncodedImages): void {
  if (typeof encoded !== 'object' || typeof encoded?.locate !== 'function' || encoded.decoding === undefined)
    throw new CascadeError('input', `${where}: expected encoded images, { decoding, locate }, got ${shown(encoded)}`)
  checkDecoding(where, encoded.decoding)
}

/** Paths and promises are what is most often given in place of a source. */
function got(source: unknown): string {
  if (typeof source === 'string') return `${shown(source)}: await openImages(path) opens a path`
  if (typeof (source as PromiseLike<unknown>)?.then === 'function') return 'a Promise: await it'
  return shown(source)
}

/** @throws unless it is [height, width]: a source says both. */
function checkSize(where: string, size: unknown): void {
  if (!Array.isArray(size))
    throw new CascadeError('input', `${where}: expected a size, [height, width], got ${shown(size)}`)
  imageSize(where, size as unknown as ImageSize)
}

/** @throws unless it is a list of different names, at least one. */
export function checkClassNames(where: string, classNames: readonly string[]): void {
  if (!Array.isArray(classNames) || classNames.length === 0 || !classNames.every((x) => typeof x === 'string'))
    throw new CascadeError(
      'input',
      `${where}: expected classNames, a list of at least one text, got ${shown(classNames)}`,
    )
  const twice = classNames.find((className, i) => classNames.indexOf(className) < i)
  if (twice !== undefined)
    throw new CascadeError('input', `${where}: expected different class names, got '${twice}' twice`)
}
