import { CascadeError, configIssues, parseConfig, type Schema, shown } from '@cascade-diffusion/checks'
import type { CascadeConfig } from './cascade-config.ts'
import { cascadeConfigSchema } from './config-schema.ts'
import { fieldOf, fieldsNamed, hasForm } from './fields.ts'

/** A field that is set from the command line: `['stages.0.training.steps', '1000']`. */
export type Override = readonly [path: string, value: string]

type AnySchema = Schema<unknown>

/** The most entries that a list grows to by an index. */
const LONGEST = 32

/**
 * A configuration with some fields set from texts. A path has dots, indices too: `stages.0.training.steps`. A value is
 * JSON, else a text, as the field asks for; `16,64` is a list, and `ddim` is `{ name: 'ddim' }`. Setting another `name`
 * removes the settings of the old one. Names are set first; otherwise later ones win.
 * @throws CascadeError 'input' if a path is unknown, with the nearest name, or a value does not fit its field. What
 * fields say together is checked when the configuration is parsed or resolved.
 */
export function withOverrides(config: CascadeConfig, overrides: readonly Override[]): CascadeConfig {
  const parsed = overrides.map(([path, value]) => ({ path, value, keys: keysOf(path) }))
  const names = parsed.filter(({ keys }) => keys.at(-1) === 'name')
  const others = parsed.filter(({ keys }) => keys.at(-1) !== 'name')
  return [...names, ...others].reduce<unknown>(
    (changed, { path, value, keys }) => set(`--${path}`, [cascadeConfigSchema as AnySchema], changed, keys, value),
    config,
  ) as CascadeConfig
}

/** The keys of a path. Indices may be in brackets, as errors have them. */
function keysOf(path: string): string[] {
  const keys = path.replaceAll(/\[(\d+)\]/g, '.$1').split('.')
  if (!keys.includes('')) return keys
  throw new CascadeError(
    'input',
    `--${path}: expected a path of names with dots, such as stages.0.training.steps, got ${shown(path)}`,
  )
}

function set(
  where: string,
  schemas: readonly AnySchema[],
  old: unknown,
  keys: readonly string[],
  text: string,
): unknown {
  const [key, ...rest] = keys
  if (key === undefined) return readingOf(where, schemas, text)
  const field = fieldOf(where, schemas, key)
  const holder = opened(old, key, schemas)
  if (Array.isArray(holder)) return withEntry(where, field, holder, Number(key), rest, text)
  const value = set(where, field, (holder as Record<string, unknown>)[key], rest, text)
  const renamed = key === 'name' && hasForm(schemas, 'named') && (holder as { readonly name?: unknown }).name !== value
  return renamed ? { name: value } : { ...holder, [key]: value }
}

function withEntry(
  where: string,
  field: readonly AnySchema[],
  list: readonly unknown[],
  index: number,
  keys: readonly string[],
  text: string,
): readonly unknown[] {
  // Stages that the configuration leaves to a preset or to the data stand as empty records.
  const most = hasForm(field, 'record') ? LONGEST - 1 : list.length
  if (index > most) throw new CascadeError('input', `${where}: expected an index from 0 to ${most}, got ${index}`)
  const filled = Array.from({ length: Math.max(list.length, index + 1) }, (_, i): unknown => list[i] ?? {})
  return filled.with(index, set(where, field, list[index], keys, text))
}

/** What a key is set in: a short form of a stage, of data or of a learning rate is written out first. */
function opened(value: unknown, key: string, schemas: readonly AnySchema[]): object {
  const has = (name: string) => fieldsNamed(schemas, name).length > 0
  const isIndex = /^\d+$/.test(key) && hasForm(schemas, 'list')
  if (Array.isArray(value) && isIndex) return value
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  if (isIndex) return []
  if (value !== undefined && has('resolution')) return { resolution: value }
  if (typeof value === 'string' && has('train')) return { name: 'images', train: value }
  if (typeof value === 'number' && has('rate')) return { name: 'constant', rate: value }
  return {}
}

/** The first reading of a text that the field accepts. @throws if none is. */
function readingOf(where: string, schemas: readonly AnySchema[], text: string): unknown {
  const json = jsonOr(text)
  const readings = [json, text, text.split(',').map((part) => jsonOr(part.trim())), { name: text }]
  for (const reading of readings) if (schemas.some((each) => configIssues(each, reading).length === 0)) return reading
  return parseConfig(where, schemas[0]!, json)
}

/** The value of a text that is JSON, or the text. */
function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
