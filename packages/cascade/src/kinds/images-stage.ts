import { isNDArray, type NDArray } from '@cascade-diffusion/arrays'
import {
  CascadeError,
  checkFunction,
  isCascadeError,
  parseConfig,
  type Schema,
  schema,
  shown,
  throwIfAborted,
} from '@cascade-diffusion/checks'
import { checkSource, type ImageSize, type ImageSource, imageSize, readBatch } from '@cascade-diffusion/data'
import type { Rng } from '@cascade-diffusion/random'
import { stageSchemas } from '../stage/stage-schema.ts'
import { checkValues } from './check-values.ts'

/** What an {@link ImagesFunction} is asked for. */
export interface ImagesRequest {
  readonly count: number
  /** The place of the first image in the whole set. */
  readonly firstIndex: number
  /** The class of each image, int32 [count], if there are labels. */
  readonly labels?: NDArray<'int32'>
  /** The key of the stage. An image should depend on it, on its place and on its label alone. */
  readonly rng: Rng
  readonly signal?: AbortSignal
}

/** A program that makes images: float32 [count,H,W,C] in [-1, 1]. */
export type ImagesFunction = (request: ImagesRequest) => NDArray<'float32'> | Promise<NDArray<'float32'>>

/** Options of {@link imagesStage} for a source, which says the size, the channels and the classes itself. */
export interface SourceStageOptions {
  readonly name: string
  readonly images: ImageSource
}

/** Options of {@link imagesStage} for a function. */
export interface FunctionStageOptions {
  readonly name: string
  readonly images: ImagesFunction
  /** The size of the images: a side, or [height, width]. */
  readonly resolution: number | ImageSize
  readonly imageChannels: number
  /** The classes it makes images of, by name. Default: it is not asked for classes. */
  readonly classNames?: readonly string[]
}

/** The first stage of a cascade whose images come from elsewhere. */
export interface ImagesStage {
  readonly kind: 'images'
  readonly name: string
  readonly size: ImageSize
  readonly imageChannels: number
  readonly classNames: readonly string[] | undefined
  /** No class, -1, needs a diffusion model. */
  readonly labelDropout: 0
  readonly images: ImageSource | ImagesFunction
}

/** What {@link FunctionStageOptions} say of the images: a JSON value. */
export type DescribedImages = Omit<FunctionStageOptions, 'images'>

/** The schemas of {@link DescribedImages}, by name. */
export const describedImagesEntries = {
  name: stageSchemas.name,
  resolution: stageSchemas.resolution,
  imageChannels: stageSchemas.imageChannels,
  classNames: stageSchemas.classNames,
}

const functionSchema: Schema<DescribedImages> = schema.record<DescribedImages>(describedImagesEntries)

const sourceSchema: Schema<{ readonly name: string }> = schema.record<{ readonly name: string }>({
  name: stageSchemas.name,
})

/**
 * Images of another program as the first stage of a cascade: a source (a folder of images, `imageFolder` of `data`;
 * images in memory, `imageDataset`), read in order from the first, or a function that makes them. Their number, size,
 * channels and values are checked as they come. Random transforms of a source draw from the key of the stage, by
 * place. A saved cascade does not contain them: they are handed in again when it is loaded.
 *
 * Labels of a labelled source are those that later stages are conditioned on.
 * @throws CascadeError 'input' that lists everything that is wrong with the options; or if a source has no size.
 */
export function imagesStage(options: SourceStageOptions | FunctionStageOptions): ImagesStage {
  const { images, ...described } = (options ?? {}) as FunctionStageOptions
  const { name, classNames } = described
  const where = typeof name === 'string' ? `stage '${name}'` : 'imagesStage'
  if (typeof images !== 'function') {
    if (typeof (images as unknown as ImageSource | undefined)?.read !== 'function')
      throw new CascadeError(
        'input',
        `${where}: expected images, a source such as await imageFolder('photos', { sameSize: true }) or imageDataset({ … }), or a function, ` +
          `got ${shown(images)}`,
      )
    const source = checkSource(where, images as unknown as ImageSource)
    parseConfig(where, sourceSchema, described)
    if (!source.size)
      throw new CascadeError(
        'input',
        `${where}: expected images of one size, got no size of '${source.name}'; ` +
          'transforms make one: transformed(source, centerCrop(), resize({ size }))',
      )
    return {
      kind: 'images',
      name,
      size: source.size,
      imageChannels: source.channels,
      classNames: source.classNames,
      labelDropout: 0,
      images: source,
    }
  }
  parseConfig(where, functionSchema, described)
  checkFunction(where, 'images', images)
  return {
    kind: 'images',
    name,
    size: imageSize(where, described.resolution),
    imageChannels: described.imageChannels,
    classNames,
    labelDropout: 0,
    images,
  }
}

/** @throws if images are asked for that a source does not have. */
export function checkPlaces({ name, images }: ImagesStage, firstIndex: number, count: number): void {
  if (typeof images === 'function' || firstIndex + count <= images.count) return
  throw new CascadeError(
    'input',
    `stage '${name}': expected at most the ${images.count} images of '${images.name}', ` +
      `got a run of those from ${firstIndex} to ${firstIndex + count - 1}`,
  )
}

/** Images with the labels that came with them. */
export interface LabelledImages {
  readonly images: NDArray<'float32'>
  readonly labels?: NDArray<'int32'>
}

/** @throws of code `data` unless the images are what the stage says. */
export async function readStageImages(stage: ImagesStage, request: ImagesRequest): Promise<LabelledImages> {
  const { name, images, size, imageChannels } = stage
  const { count, firstIndex, rng } = request
  if (typeof images !== 'function') {
    const places = Array.from({ length: count }, (_, i) => firstIndex + i)
    const read = await readBatch(images, places, { rng, firstIndex })
    return { images: read.image, labels: read.label }
  }
  const made: unknown = await called(name, images, request)
  const expected = `float32 [${[count, ...size, imageChannels]}]`
  const got = isNDArray(made) ? `${made.dtype} [${made.shape}]` : shown(made)
  if (got !== expected)
    throw new CascadeError('data', `stage '${name}': expected images to give ${expected}, got ${got}`)
  checkValues('data', `stage '${name}': images from ${firstIndex}`, made as NDArray<'float32'>)
  return { images: made as NDArray<'float32'> }
}

/** @throws with the name of the stage, and with the error of the function as its cause. */
async function called(name: string, images: ImagesFunction, request: ImagesRequest): Promise<unknown> {
  const where = `stage '${name}'`
  throwIfAborted(request.signal, where)
  try {
    return await images(request)
  } catch (cause) {
    throwIfAborted(request.signal, where)
    if (isCascadeError(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : shown(cause)
    throw new CascadeError('data', `${where}: images from ${request.firstIndex} failed: ${reason}`, { cause })
  }
}
