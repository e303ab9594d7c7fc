import { createHash } from 'node:crypto'
import {
  CascadeError,
  checkFunction,
  checkOptions,
  checkSignal,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import { checkSource } from '../sources/check-source.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { contentHashes, type HashingOptions } from './content-hashes.ts'
import { hashBytes } from './hash-cache.ts'
import { type SelectedSource, selected, untransformed } from './selected.ts'
import { selectionOf } from './subset.ts'

/** Options of {@link splitByContent}. */
export interface SplitOptions extends HashingOptions {
  /** The expected share of the validation set, above 0 and below 1. */
  readonly validation: number
  /** Another text gives another split. Default ''. */
  readonly salt?: string
}

/** Training and validation images. */
export interface Split<S extends ImageSource> {
  readonly train: SelectedSource<S>
  readonly validation: SelectedSource<S>
}

const splitKeys: KnownKeys<SplitOptions> = { validation: true, salt: true, cache: true, progress: true, signal: true }

/**
 * Splits a source by a hash of each image's content: its encoded bytes if the source has them, else its pixels, before any transforms. An
 * image is in the validation set if SHA-256(salt, first 16 bytes of SHA-256(content)), as a fraction of 1, is below `validation`. So the
 * side of an image stays the same when others are added or removed, when it is renamed, or moved to another kind of archive, and copies of
 * one file are on one side. The sizes are binomial: of n images, validation · n ± √(validation (1 - validation) n). Both sides keep the
 * order of the source. Every image is read once; `cache` keeps the hashes.
 * @throws {CascadeError} of code `input` if an option is missing, unknown or wrong; of code `file` or `data` that names an image that
 * cannot be read, or if one side is empty; of code `interrupted` if the signal aborts.
 */
export async function splitByContent<S extends ImageSource>(source: S, options: SplitOptions): Promise<Split<S>> {
  checkOptions('splitByContent', options, splitKeys)
  checkSource('splitByContent', source)
  const { validation, salt = '', cache, progress, signal } = options
  if (typeof validation !== 'number' || !(validation > 0 && validation < 1))
    throw new CascadeError(
      'input',
      `splitByContent: expected validation, a share above 0 and below 1, got ${shown(validation)}`,
    )
  if (typeof salt !== 'string')
    throw new CascadeError('input', `splitByContent: expected a salt, a text, got ${shown(salt)}`)
  if (cache !== undefined && (typeof cache !== 'string' || cache === ''))
    throw new CascadeError('input', `splitByContent: expected cache, the path of a file, got ${shown(cache)}`)
  if (progress !== undefined) checkFunction('splitByContent', 'progress', progress)
  if (signal !== undefined) checkSignal('splitByContent', signal)
  const hashes = await contentHashes('splitByContent', untransformed(source), { cache, progress, signal })
  const inValidation = Uint8Array.from({ length: source.count }, (_, i) =>
    Number(fractionOf(salt, hashes.subarray(i * hashBytes, (i + 1) * hashBytes)) < validation),
  )
  const count = inValidation.reduce((n, x) => n + x, 0)
  if (count === 0 || count === source.count)
    throw new CascadeError(
      'data',
      `splitByContent: expected images on both sides, got ${count} of ${source.count} images of ${source.name} in the ` +
        'validation set; another salt or another share may give some',
    )
  const side = (name: string, which: number): SelectedSource<S> => {
    const indices = new Float64Array(which === 1 ? count : source.count - count)
    let next = 0
    inValidation.forEach((x, i) => {
      if (x === which) indices[next++] = i
    })
    return selected(source, {
      named: (of) => `${of} (${name})`,
      ...selectionOf('splitByContent', source, indices),
    })
  }
  return { train: side('train', 0), validation: side('validation', 1) }
}

/** A number in [0, 1) of a salt and a hash. */
const fractionOf = (salt: string, hash: Uint8Array): number =>
  createHash('sha256').update(salt).update(hash).digest().readUIntBE(0, 6) / 2 ** 48
