import type { Rng } from '@cascade-diffusion/random'
import { digest } from '../cascade/stage-identity.ts'

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/**
 * A value as JSON that another run can be compared with: arrays of numbers by their digest, functions by their name.
 * Absent and undefined are the same.
 */
export function described(value: unknown): Json {
  if (typeof value === 'function') return `the function ${value.name}`
  if (ArrayBuffer.isView(value)) return digest(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as Json
  if (Array.isArray(value)) return value.map(described)
  if (typeof value !== 'object') return String(value)
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => (item === undefined ? [] : [[name, described(item)]])),
  )
}

/** What a key draws tells it from all others. */
export const describedKey = (rng: Rng): string => digest(rng.fold('samples').uniform([8]).data)
