import { CascadeError, parseConfig, schema } from '@cascade-diffusion/checks'
import { type ImageSize, imageSize, shownSize } from '@cascade-diffusion/data'
import { stageSchemas } from '../stage/stage-schema.ts'
import { type ResampleMethod, resampleMethods } from './resample-images.ts'

/** Options of {@link resampleStage}: a JSON value. */
export interface ResampleStageOptions {
  readonly name: string
  /** The size of the images it makes: a side, or [height, width]. */
  readonly resolution: number | ImageSize
  /** Default 3. */
  readonly imageChannels?: number
  readonly method: ResampleMethod
}

/** A stage of a cascade that resamples the images of the one before it. It has no weights. */
export interface ResampleStage {
  readonly kind: 'resample'
  readonly name: string
  /** Height and width of the images it makes of those of the stage before it. */
  readonly size: ImageSize
  readonly imageChannels: number
  readonly classNames: undefined
  readonly method: ResampleMethod
}

/** The schemas of {@link ResampleStageOptions}, by name. */
export const resampleEntries = {
  name: stageSchemas.name,
  resolution: stageSchemas.resolution,
  imageChannels: schema.optional(stageSchemas.imageChannels),
  method: schema.oneOf(resampleMethods),
}

const optionsSchema = schema.record<ResampleStageOptions>(resampleEntries)

/**
 * A plain resampler as a stage of a cascade, up or down, by any factor: a base to compare super-resolution with, or a
 * way to the size that another stage takes. It makes images as `resampleImages` does, clipped to [-1, 1].
 * @throws CascadeError 'input' that lists everything that is wrong with the options.
 */
export function resampleStage(options: ResampleStageOptions): ResampleStage {
  const { name, resolution, imageChannels = 3, method } = (options ?? {}) as ResampleStageOptions
  const where = typeof name === 'string' ? `stage '${name}'` : 'resampleStage'
  parseConfig(where, optionsSchema, options)
  return { kind: 'resample', name, size: imageSize(where, resolution), imageChannels, classNames: undefined, method }
}

/**
 * @param below the name of the stage whose images are resampled, if there is one.
 * @throws unless the method can make images of one size of those of another.
 */
export function checkResample(
  where: string,
  stage: ResampleStage,
  from: ImageSize,
  to: ImageSize,
  below?: string,
): void {
  if (stage.method !== 'area' || (from[0] >= to[0] && from[1] >= to[1])) return
  throw new CascadeError(
    'input',
    `${where}: stage '${stage.name}' averages areas to ${shownSize(to)}: expected images at least as large, ` +
      `got ${shownSize(from)}${below === undefined ? '' : ` of '${below}'`}; bilinear and bicubic upsample`,
  )
}
