import type { Schema } from './form.ts'
import { parseConfig } from './parse.ts'
import { named } from './schema.ts'

/** A configuration with the name of its kind. */
export interface Named {
  readonly name: string
}

/**
 * A thing that configurations call by name: the one export of its file.
 * @typeParam C its configuration, a JSON value.
 * @typeParam V the thing.
 * @typeParam Context what else is needed to make it.
 */
export interface Entry<C extends Named, V, Context extends readonly unknown[] = []> {
  readonly name: C['name']
  /** The schema of its configuration, `name` included. */
  readonly schema: Schema<C>
  /** Makes the thing of a valid configuration. @throws on errors that only the thing can find. */
  make(config: C, ...context: Context): V
}

/** Entries by name. */
export interface Table<C extends Named, V, Context extends readonly unknown[] = []> {
  readonly names: readonly C['name'][]
  /** The schema of a configuration of any entry, for use in others. */
  readonly schema: Schema<C>
  /** The schemas of the entries by name, for tables that are joined. */
  readonly schemas: { readonly [N in C['name']]: Schema<Extract<C, { readonly name: N }>> }
  /**
   * Validates a configuration and makes its thing. @throws CascadeError 'input' as {@link parseConfig}, and as `make`
   * of the entry.
   */
  of(where: string, config: C, ...context: Context): V
}

/** An entry of any table. */
export interface AnyEntry {
  readonly name: string
  readonly schema: Schema<unknown>
  /** Makes the thing. */
  make(config: never, ...context: never): unknown
}

/** The configurations of a table. */
export type ConfigOf<T> = T extends Table<infer C, unknown, never> ? C : never

/** The configuration of an entry. */
export type EntryConfig<E extends AnyEntry> = Extract<Parameters<E['make']>[0], Named>

/** The thing of an entry. */
export type EntryValue<E extends AnyEntry> = ReturnType<E['make']>

/** What else an entry needs to make its thing. */
export type EntryContext<E extends AnyEntry> = Parameters<E['make']> extends [unknown, ...infer X] ? X : never

/**
 * A table of things that configurations call by name. Another entry is one file, and one line here.
 * @param what an entry, for errors: `a schedule`.
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
    schemas: schemas as never,
    of(where, config, ...context) {
      const parsed = parseConfig(where, schema, config)
      return entryOf(parsed)!.make(parsed as never, ...(context as never)) as EntryValue<E[number]>
    },
  }
}
