import { createHash } from 'node:crypto'
import type { NDArray, Params } from '@cascade-diffusion/arrays'
import type { Rng } from '@cascade-diffusion/random'

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/**
 * A value as JSON that another run can be compared with: arrays of numbers by their digest, functions by their name.
 * Absent and undefined are the same.
 */
export function described(value: unknown): Json {
  if (typeof value === 'function') return `the function ${value.name}`
  if (ArrayBuffer.isView(value)) return digest([bytesOf(value)])
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as Json
  if (Array.isArray(value)) return value.map(described)
  if (typeof value !== 'object') return String(value)
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => (item === undefined ? [] : [[name, described(item)]])),
  )
}

/** Of weights, each of which is read once. */
const digests = new WeakMap<Params<NDArray>, string>()

/** The digest of weights: their names, types, shapes and values. */
export function describedWeights(params: Params<NDArray>): string {
  const known = digests.get(params)
  if (known !== undefined) return known
  const names = Object.keys(params).sort()
  const made = digest(
    names.flatMap((name) => {
      const { dtype, shape, data } = params[name] as NDArray
      return [`${JSON.stringify([name, dtype, shape])}\n`, bytesOf(data)]
    }),
  )
  digests.set(params, made)
  return made
}

/** What a key draws tells it from all others. */
export const describedKey = (rng: Rng): string => digest([bytesOf(rng.fold('samples').uniform([8]).data)])

function digest(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return `sha256 ${hash.digest('hex').slice(0, 32)}`
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
