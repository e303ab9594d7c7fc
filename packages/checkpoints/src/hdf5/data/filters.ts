import { inflateSync } from 'node:zlib'
import { CascadeError } from '@cascade-diffusion/checks'
import { inflateOptions } from '../../zip/inflate-options.ts'
import type { Filter } from '../structures/messages.ts'

const deflate = 1
const shuffle = 2
const otherNames: Readonly<Record<number, string>> = {
  3: 'fletcher32',
  4: 'szip',
  5: 'nbit',
  6: 'scaleoffset',
  32000: 'lzf',
}

/** @throws unless the filters of a dataset are deflate and shuffle, each at most once. */
export function checkFilters(filters: readonly Filter[]): void {
  const ids = filters.map(({ id }) => id)
  const unknown = filters.find(({ id }) => id !== deflate && id !== shuffle)
  if (unknown) {
    const name = unknown.name || otherNames[unknown.id] || 'filter'
    throw new CascadeError(
      'checkpoint',
      `expected chunks of the filters deflate (gzip) and shuffle, got ${name} (${unknown.id}): not supported, h5repack -f GZIP=4 packs it so`,
    )
  }
  if (new Set(ids).size < ids.length)
    throw new CascadeError('checkpoint', `expected each filter once, got ${ids}: corrupt or malicious`)
}

/**
 * Undoes the filters of a chunk, from the last to the first. Bit i of `mask` says that filter i was not applied.
 * @throws unless the result has that many bytes; no more are made.
 */
export function unfilter(
  packed: Uint8Array,
  filters: readonly Filter[],
  mask: number,
  elementBytes: number,
  bytes: number,
) {
  const applied = filters.filter((_, i) => ((mask >>> i) & 1) === 0).reverse()
  const content = applied.reduce(
    (data, { id }) => (id === deflate ? inflate(data, bytes) : unshuffle(data, elementBytes)),
    packed,
  )
  if (content.length !== bytes)
    throw new CascadeError('checkpoint', `expected a chunk of ${bytes} bytes, got ${content.length}: corrupt`)
  return content
}

function inflate(packed: Uint8Array, bytes: number): Uint8Array {
  try {
    return inflateSync(packed, inflateOptions(packed, bytes))
  } catch (cause) {
    throw new CascadeError('checkpoint', `a chunk does not inflate to ${bytes} bytes: ${(cause as Error).message}`)
  }
}

/**
 * All first bytes of the elements come first, then all second bytes, and so on. Left-over bytes are at the end
 * unchanged.
 */
function unshuffle(data: Uint8Array, elementBytes: number): Uint8Array {
  const count = Math.floor(data.length / elementBytes)
  const result = Uint8Array.from(data)
  for (let b = 0; b < elementBytes; b++)
    for (let i = 0, at = b * count; i < count; i++) result[i * elementBytes + b] = data[at + i]!
  return result
}
