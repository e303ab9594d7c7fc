import { createHash } from 'node:crypto'
import { CascadeError, shown } from '@cascade-diffusion/checks'

/**
 * A value as JSON can hold it. Numbers that are not finite become records, which {@link fromJson} undoes; keys that are
 * undefined are left out.
 * @throws if it holds anything but numbers, texts, true, false, null, lists and plain records.
 */
export function toJson(where: string, value: unknown, path = 'the evaluation'): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $number: String(value) }
  if (Array.isArray(value)) return value.map((item, i) => toJson(where, item, `${path}[${i}]`))
  if (isPlain(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    return Object.fromEntries(entries.map(([key, item]) => [key, toJson(where, item, `${path}.${key}`)]))
  }
  throw new CascadeError(
    'input',
    `${where}: expected an evaluation of numbers, texts, lists and records, which a folder can keep, ` +
      `got ${shown(value)} at ${path}`,
  )
}

/** What {@link toJson} was given. */
export function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value !== 'object' || value === null) return value
  if ('$number' in value) return Number(value.$number)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromJson(item)]))
}

/** One text for all orders of keys. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, item) =>
    isPlain(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  )

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** The digest of a JSON value. */
export const digestOf = (value: unknown): string => createHash('sha256').update(canonical(value)).digest('hex')
