import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOneOf,
  checkOptions,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import { checkSource, type ImageSource } from '@cascade-diffusion/data'
import type { CascadeSampler } from '../sampling/cascade/cascade-sampler.ts'
import { type CascadeSampleOptions, sampleKeys } from '../sampling/cascade/options.ts'

/** Options of {@link writeSamples}: those of sampling, and where the images go. */
export interface WriteSamplesOptions extends Omit<CascadeSampleOptions, 'lowRes' | 'augmented'> {
  /** A name that ends in `.npz`: such a file; any other: a folder of PNG files. What is missing above it is made. */
  readonly path: string
  /** Which stages' images are written: those of the last one sampled, or of all. Default `'last'`. */
  readonly stages?: 'last' | 'all'
  /**
   * Images to super-resolve, in place of `lowRes`: image i is made of image i of the source, by its place in the whole
   * set. They are read batch by batch. Default of `count` then: the rest of the source, from `firstIndex` on.
   */
  readonly images?: ImageSource
}

/** {@link WriteSamplesOptions} with their defaults, checked as far as they do not depend on the stages. */
export interface CheckedOptions extends WriteSamplesOptions {
  readonly count: number
  readonly stages: 'last' | 'all'
  readonly batchSize: number
  readonly firstIndex: number
}

const { lowRes: _, augmented: __, ...samplingKeys } = sampleKeys

const known: KnownKeys<WriteSamplesOptions> = { ...samplingKeys, path: true, stages: true, images: true }

/** @throws if an option is unknown or of the wrong type. `cascadeRun` checks those of sampling. */
export function checkWriteOptions(
  where: string,
  sampler: CascadeSampler,
  options: WriteSamplesOptions,
): CheckedOptions {
  if (!Array.isArray(sampler?.stages) || typeof sampler.stream !== 'function')
    throw new CascadeError('input', `${where}: expected a sampler, as cascadeSampler makes it, got ${shown(sampler)}`)
  if (typeof options === 'object' && options !== null && 'lowRes' in options)
    throw new CascadeError(
      'input',
      `${where}: expected images, a source such as imageDataset({ … }), in place of lowRes, got lowRes`,
    )
  checkOptions(where, options, known)
  const { path, stages = 'last', images, batchSize = 50, firstIndex = 0 } = options
  if (typeof path !== 'string' || path === '' || path === '.npz')
    throw new CascadeError('input', `${where}: expected path, a folder or a name that ends in .npz, got ${shown(path)}`)
  checkOneOf(where, 'stages', stages, ['last', 'all'])
  checkInteger(where, 'batchSize', batchSize, { from: 1 })
  checkInteger(where, 'firstIndex', firstIndex, { from: 0 })
  if (options.progress !== undefined) checkFunction(where, 'progress', options.progress)
  if (images !== undefined) checkSource(where, images)
  const count = checkInteger(where, 'count', options.count ?? (images && images.count - firstIndex), { from: 1 })
  if (images && firstIndex + count > images.count)
    throw new CascadeError(
      'input',
      `${where}: expected places from 0 to ${images.count - 1}, as '${images.name}' has ${images.count} images, ` +
        `got a count of ${count} from ${firstIndex} on`,
    )
  return { ...options, count, stages, batchSize, firstIndex }
}
