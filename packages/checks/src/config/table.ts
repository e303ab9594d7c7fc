import { parseConfig } from './parse.ts'
import { named, type Schema } from './schema.ts'

/** A configuration that a name tells from others. */
export interface Named {
  readonly name: string
}

/**
 * Something that configurations call by a name: its file's one export.
 * @typeParam C its configuration, a JSON value.
 * @typeParam V what it is.
 * @typeParam Context what else is needed to make it.
 */
export interface Entry<C extends Named, V, Context extends readonly unknown[] = []> {
  readonly name: C['name']
  /** What its configuration must look like, `name` included. */
  readonly schema: Schema<C>
  /** The thing itself, of a configuration that the schema accepts. @throws on what only the thing can check. */
  make(config: C, ...context: Context): V
}

/** Entries by name. */
export interface Table<C extends Named, V, Context extends readonly unknown[] = []> {
  readonly names: readonly C['name'][]
  /** The schema of a configuration of any entry, to be part of others. */
  readonly schema: Schema<C>
  /** The thing of a configuration, once checked. @throws CascadeError 'input' as {@link parseConfig}, and as the entry's `make`. */
  of(where: string, config: C, ...context: Context): V
}

/** Any entry. */
interface AnyEntry {
  readonly name: string
  readonly schema: Schema<unknown>
  make(config: never, ...context: never): unknown
}

/** The configurations of a table. */
export type ConfigOf<T> = T extends { of(where: string, config: infer C, ...context: never): unknown } ? C : never

type EntryConfig<E> = E extends { make(config: infer C extends Named, ...context: never): unknown } ? C : never
type EntryValue<E> = E extends { make(...args: never): infer V } ? V : never
type EntryContext<E> = E extends { make(config: never, ...context: infer X): unknown } ? X : never

/**
 * A table of what configurations call by a name. An entry more is one file, and one line here.
 * @param what an entry is, for errors: `a schedule`.
 */
export function table<const E extends readonly AnyEntry[]>(
  what: string,
  entries: E,
): Table<EntryConfig<E[number]>, EntryValue<E[number]>, EntryContext<E[number]>> {
  type C = EntryConfig<E[number]>
  const byName = new Map(entries.map((entry) => [entry.name as string, entry]))
  const names = [...byName.keys()] as C['name'][]
  const entryOf = (config: unknown) => byName.get((config as Named | null | undefined)?.name ?? '')
  const schemas = Object.fromEntries(entries.map((entry) => [entry.name, entry.schema]))
  const schema = named<Named>(what, schemas as Record<string, Schema<Named>>) as Schema<C>
  return {
    names,
    schema,
    of(where, config, ...context) {
      const parsed = parseConfig(where, schema, config)
      return entryOf(parsed)!.make(parsed as never, ...(context as never)) as EntryValue<E[number]>
    },
  }
}
