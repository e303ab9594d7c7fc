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
import { isNpz } from './place.ts'

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
  /**
   * The names of the PNG files without their ending, `count` of them, all different: `['cat', 'dog']` for `cat.png` and
   * `dog.png`. Default: the places in the whole set, `000123.png`.
   */
  readonly names?: readonly string[]
}

/** {@link WriteSamplesOptions} with their defaults, checked as far as they do not depend on the stages. */
export interface CheckedOptions extends WriteSamplesOptions {
  readonly count: number
  readonly stages: 'last' | 'all'
  readonly batchSize: number
  readonly firstIndex: number
}

const { lowRes: _, augmented: __, ...samplingKeys } = sampleKeys

const known: KnownKeys<WriteSamplesOptions> = { ...samplingKeys, path: true, stages: true, images: true, names: true }

const where = 'writeSamples'

/** @throws if an option is unknown or of the wrong type. `cascadeRun` checks those of sampling. */
export function checkWriteOptions(sampler: CascadeSampler, options: WriteSamplesOptions): CheckedOptions {
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
  if (options.names !== undefined) checkNames(options.names, path, count)
  return { ...options, count, stages, batchSize, firstIndex }
}

/** @throws unless they name `count` different files of one folder. */
function checkNames(names: unknown, path: string, count: number): void {
  if (isNpz(path))
    throw new CascadeError('input', `${where}: expected no names in ${path}, whose images have places, got names`)
  if (!Array.isArray(names) || names.length !== count)
    throw new CascadeError(
      'input',
      `${where}: expected names, a list of ${count}, got ${Array.isArray(names) ? names.length : shown(names)}`,
    )
  const wrong = names.find((name) => typeof name !== 'string' || !/^[^/\\\0]+$/.test(name) || name.startsWith('.'))
  if (wrong !== undefined)
    throw new CascadeError('input', `${where}: expected names of files in one folder, got ${shown(wrong)}`)
  // Some file systems hold one file for names that differ in case alone.
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name.toLowerCase()))
      throw new CascadeError('input', `${where}: expected different names, got ${shown(name)} twice`)
    seen.add(name.toLowerCase())
  }
}
