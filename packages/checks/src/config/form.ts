import type * as v from 'valibot'

/** A schema of valibot, whose errors say `expected WHAT, got WHAT`. */
export type Schema<T> = v.GenericSchema<T>

/**
 * What a schema accepts, for pages about configurations, for editors, and for paths into them.
 *
 * - `value`: one value, in words. `json` is its JSON Schema; without one it is a value of a program, such as a function.
 * - `one-of`: one of some texts or numbers.
 * - `list`: entries by one schema, at least `least`; the first by another, if there is `first`.
 * - `record`: these names and no others. `by-name`: any names.
 * - `named`: a record, by its `name`.
 * - `either`: by one of two schemas.
 * - `optional`, `nullable`, `lazy`: as another schema.
 */
export type Form =
  | { readonly kind: 'value'; readonly what: string; readonly json?: JsonSchema }
  | { readonly kind: 'one-of'; readonly values: readonly (string | number)[] }
  | {
      readonly kind: 'list'
      readonly of: Schema<unknown>
      readonly least: number
      readonly first?: Schema<unknown>
    }
  | { readonly kind: 'record'; readonly entries: Readonly<Record<string, Schema<unknown>>> }
  | { readonly kind: 'by-name'; readonly what: string; readonly of: Schema<unknown> }
  | { readonly kind: 'named'; readonly what: string; readonly schemas: Readonly<Record<string, Schema<unknown>>> }
  | { readonly kind: 'either'; readonly of: readonly [Schema<unknown>, Schema<unknown>] }
  | { readonly kind: 'optional' | 'nullable'; readonly of: Schema<unknown> }
  | {
      readonly kind: 'lazy'
      /** Gives the schema, which may contain this one. */
      readonly of: () => Schema<unknown>
    }

/** A schema in the words of JSON Schema: `{ type: 'integer', minimum: 1 }`. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** A schema with its form. */
export const withForm = <T>(schema: unknown, form: Form): Schema<T> =>
  Object.assign(schema as object, { form }) as unknown as Schema<T>

/** What a schema of this package accepts. */
export const formOf = (schema: Schema<unknown>): Form => (schema as unknown as { readonly form: Form }).form
