import { CascadeError, shown } from '@cascade-diffusion/checks'
import { byCodePoints } from '../folder/code-points.ts'
import type { ShardSamples } from './shard-samples.ts'

/** Classes without given names are at most this many. */
const mostClasses = 100_000

/** Which entries are labels, and what they are labels of. */
export interface LabelOptions {
  /** The extension of the entries: `cls`, `txt`, `json`. */
  readonly label: string
  /** The field of a JSON label. */
  readonly labelField?: string
  readonly classNames?: readonly string[]
}

/** Reads the labels of all shards, which share their classes. */
export interface LabelReader {
  /**
   * The label of an entry: final if the classes are given or numbered, else to be replaced by `finish`.
   * @param where the shard and the entry, for errors.
   */
  read(bytes: Buffer, where: string): number
  /** The classes. Replaces the labels of the shards by indices into them. */
  finish(shards: readonly ShardSamples[]): readonly string[]
}

/**
 * Labels as text or JSON. A number is the index of a class, any other text is its name. Without given names, classes that are numbers are
 * named '0' to the largest, others are in code-point order of their names.
 */
export function labelReader({ label, labelField, classNames }: LabelOptions): LabelReader {
  const isJson = label === 'json' || label.endsWith('.json')
  const given = classNames && new Map(classNames.map((name, i) => [name, i]))
  const found = new Map<string, number>()
  let largest = -1
  /** The first entry with a number, and the first with a name. */
  const first: { number?: string; name?: string } = {}
  return {
    read(bytes, where) {
      const value = isJson ? jsonLabel(bytes, where, labelField) : textLabel(bytes, where)
      if (typeof value === 'number') {
        const count = classNames?.length ?? mostClasses
        if (!Number.isInteger(value) || value < 0 || value >= count)
          throw new CascadeError('data', `${where}: expected a label from 0 to ${count - 1}, got ${value}`)
        largest = Math.max(largest, value)
        first.number ??= where
      } else first.name ??= where
      if (given) {
        const index = typeof value === 'number' ? value : given.get(value)
        if (index === undefined)
          throw new CascadeError('data', `${where}: expected a label, one of the classNames, got ${shown(value)}`)
        return index
      }
      if (first.number !== undefined && first.name !== undefined)
        throw new CascadeError(
          'data',
          `tarShards: expected labels that are all numbers or all names, got a number in ${first.number} and a name in ${first.name}`,
        )
      if (typeof value === 'number') return value
      let index = found.get(value)
      if (index === undefined) {
        index = found.size
        if (index === mostClasses)
          throw new CascadeError(
            'data',
            `${where}: expected at most ${mostClasses} classes, got ${shown(value)} beside them`,
          )
        found.set(value, index)
      }
      return index
    },
    finish(shards) {
      if (classNames) return classNames
      if (found.size === 0) return Array.from({ length: largest + 1 }, (_, i) => `${i}`)
      const names = [...found.keys()].sort(byCodePoints)
      const places = new Int32Array(names.length)
      names.forEach((name, place) => {
        places[found.get(name) as number] = place
      })
      for (const { labels } of shards)
        for (let i = 0; i < labels.length; i++) labels[i] = places[labels[i] as number] as number
      return names
    },
  }
}

function textLabel(bytes: Buffer, where: string): number | string {
  const text = bytes.toString().trim()
  if (text === '') throw new CascadeError('data', `${where}: expected a label, got an empty entry`)
  return /^-?\d+$/.test(text) ? Number(text) : text
}

function jsonLabel(bytes: Buffer, where: string, field: string | undefined): number | string {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString())
  } catch (cause) {
    throw new CascadeError('data', `${where}: expected JSON, got ${shown(bytes.toString('latin1', 0, 40))}`, { cause })
  }
  const whole = value
  for (const name of field?.split('.') ?? []) {
    const isRecord = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    value = isRecord ? (value as Record<string, unknown>)[name] : undefined
  }
  if (typeof value === 'number' || (typeof value === 'string' && value !== '')) return value
  const what = field === undefined ? 'a number or a name' : `a number or a name in '${field}'`
  const hint = field === undefined && typeof value === 'object' ? '; labelField names a field of it' : ''
  throw new CascadeError('data', `${where}: expected ${what}, got ${shown(field === undefined ? value : whole)}${hint}`)
}
