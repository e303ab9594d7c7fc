import { checkInteger, checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import { type ImageSize, sizeOfImage } from '../images/image-size.ts'
import { untransformed } from '../selection/selected.ts'
import { checkSource } from '../sources/check-source.ts'
import type { EncodedImage } from '../sources/encoded-images.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { inOrder } from '../sources/in-order.ts'
import { locateImages } from '../sources/locate-images.ts'
import { readEach } from '../sources/read-each.ts'
import { readEncoded } from '../sources/read-encoded.ts'
import { sizeAfter, transformsOf } from '../transforms/transformed.ts'
import type { NamedImage, Spread } from './inspection.ts'

const where = 'surveyImages'

/** Options of {@link surveyImages}. */
export interface SurveyOptions {
  /** The number of images whose sizes are looked at, spread over the source. Default 256. */
  readonly sample?: number
}

const optionKeys: KnownKeys<SurveyOptions> = { sample: true }

/** What a source is, as far as it shows at a glance. */
export interface ImageSurvey {
  readonly name: string
  readonly count: number
  readonly channels: number
  /** The classes, if the images are labelled, with the number of images of each, if labels are known in advance. */
  readonly classes?: readonly { readonly name: string; readonly images?: number }[]
  /** The size of all images, if they are of one. */
  readonly size?: ImageSize
  readonly sizes: SampledSizes
}

/** The sizes of some images, after the transforms of the source. */
export interface SampledSizes {
  /** The number of images looked at. 1 if all are of one size. */
  readonly sampled: number
  /** Of the shorter sides. */
  readonly shorter: Spread & { /** Nine tenths of the images are at least as large. */ readonly tenth: number }
  /** The sum of the pixels before transforms, on average. */
  readonly pixels: number
  /** The image with the shortest side. */
  readonly smallest: NamedImage & { readonly size: ImageSize }
}

/** An image's size as stored, and after transforms. */
interface Found extends NamedImage {
  readonly stored: ImageSize
  readonly size: ImageSize
}

/**
 * Looks at a source without decoding it: counts, classes, and the sizes of some images, by the headers of their files. It takes about as
 * long for millions of images as for a few. {@link inspectImages} looks at every image.
 * @throws {CascadeError} of code `input` on a wrong option; of code `data` or `file` if none of the sampled images can be read.
 */
export async function surveyImages(source: ImageSource, options: SurveyOptions = {}): Promise<ImageSurvey> {
  checkOptions(where, options, optionKeys)
  checkSource(where, source)
  const { name, count, channels, size } = source
  const sample = checkInteger(where, 'sample', options.sample ?? 256, { from: 1 })
  return { name, count, channels, classes: await classesOf(source), size, sizes: await sampledSizes(source, sample) }
}

async function classesOf(source: ImageSource): Promise<ImageSurvey['classes']> {
  const { classNames, readLabels } = untransformed(source)
  if (!classNames) return undefined
  if (!readLabels) return classNames.map((name) => ({ name }))
  const images = classNames.map(() => 0)
  for (const label of await readLabels()) images[label]!++
  return classNames.map((name, k) => ({ name, images: images[k]! }))
}

async function sampledSizes(source: ImageSource, most: number): Promise<SampledSizes> {
  const below = untransformed(source)
  const found: Found[] = []
  const total = below.size ? 1 : Math.min(source.count, most)
  const indices = Array.from({ length: total }, (_, i) => Math.floor((i * source.count) / total))
  let failed: unknown
  const sizes = below.size ? [{ index: 0, name: `${source.name}: image 0`, size: below.size }] : sizesOf(below, indices)
  for await (const each of sizes)
    if ('error' in each) failed ??= each.error
    else {
      const { index, name, size: stored } = each
      found.push({ index, name, stored, size: sizeAfter(transformsOf(source), stored) ?? stored })
    }
  if (found.length === 0) throw failed
  const side = ({ size }: Found) => Math.min(...size)
  const sorted = found.toSorted((a, b) => side(a) - side(b))
  const at = (share: number) => side(sorted[Math.floor(share * (sorted.length - 1))]!)
  const { index, name, size } = sorted[0]!
  return {
    sampled: found.length,
    shorter: { least: at(0), tenth: at(0.1), median: at(0.5), greatest: at(1) },
    pixels: found.reduce((sum, { stored }) => sum + stored[0] * stored[1], 0) / found.length,
    smallest: { index, name, size },
  }
}

type Sized = (NamedImage & { readonly size: ImageSize }) | { readonly error: unknown }

/** Images that are looked at at once. */
const ahead = 8

/** The sizes of images, by their headers if the source has encoded ones. */
async function* sizesOf(source: ImageSource, indices: readonly number[]): AsyncGenerator<Sized, void, undefined> {
  const { encoded, name } = source
  if (!encoded) {
    for await (const { index, name, image, error } of readEach(source, indices))
      yield image ? { index, name, size: sizeOfImage(image) } : { error }
    return
  }
  const { images } = await locateImages(name, encoded, indices)
  const turns = encoded.decoding.orientation ?? true
  yield* inOrder(images.length, ahead, async (i): Promise<Sized> => {
    const index = indices[i]!
    const size = await headerSize(images[i]!, turns).catch(() => undefined)
    if (size) return { index, name: images[i]!.name, size }
    // A format whose header is read here only by decoding the image.
    for await (const { name, image, error } of readEach(source, [index]))
      return image ? { index, name, size: sizeOfImage(image) } : { error }
    return { error: undefined }
  })
}

/** The size that a file's header says. Of a whole file no more is read. */
async function headerSize(image: EncodedImage, turns: boolean): Promise<ImageSize> {
  const { default: sharp } = await import('sharp')
  const isWhole = 'path' in image && image.offset === undefined && image.length === undefined
  const { height, width, orientation = 1 } = await sharp(isWhole ? image.path : await readEncoded(image)).metadata()
  return turns && orientation >= 5 ? [width, height] : [height, width]
}
