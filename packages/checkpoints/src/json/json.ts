import { CascadeError } from '@cascade-diffusion/checks'
import { parseJsonText } from './json-text.ts'

/** The longest JSON that is read, in bytes: the longest header of safetensors. */
export const maxJsonBytes = 100_000_000

/** The most axes of an array. */
const maxRank = 64

/**
 * Parses JSON of unknown origin, as {@link parseJsonText}.
 * @throws if it is not JSON, nests deeper than `maxDepth`, or repeats a key within an object.
 */
export const parseJson = (bytes: Uint8Array, maxDepth: number): unknown => parseJsonText(decodeText(bytes), maxDepth)

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new CascadeError('checkpoint', 'expected JSON in UTF-8, got other bytes')
  }
}

/** @throws unless the value is an object. */
export function asRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CascadeError('checkpoint', `${what}: expected a JSON object, got ${show(value)}`)
  return value as Record<string, unknown>
}

/** Whether a value is a list of counts, short enough for a shape. */
export const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= maxRank && value.every((n) => Number.isSafeInteger(n) && n >= 0)

/** A value in an error message. */
export const show = (value: unknown): string => {
  // JSON has no NaN and no infinities, but Python writes them.
  const all = (_: string, part: unknown) => (typeof part === 'number' && !Number.isFinite(part) ? `${part}` : part)
  const text = JSON.stringify(value, all) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** A name in an error message. */
export const shorten = (name: string): string => (name.length > 120 ? `${name.slice(0, 120)}…` : name)
