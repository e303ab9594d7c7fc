import * as v from 'valibot'
import { CascadeError } from '../cascade-error.ts'
import { nearest } from '../nearest.ts'
import { shown, shownPair } from '../shown.ts'
import { formOf, type JsonSchema, type Schema, withForm } from './form.ts'

/** The range of a number in a configuration; both ends belong to it. */
export interface SchemaRange {
  /** Default -∞. */
  readonly from?: number
  /** Default ∞. */
  readonly to?: number
}

/**
 * A schema of the values that a predicate accepts.
 * @param what the expected value, for errors: `a number above 0`.
 * @param json the same as JSON Schema, for editors. Without it, it is a value of a program, which JSON cannot have.
 */
export const value = <T>(what: string, accepts: (value: unknown) => boolean, json?: JsonSchema): Schema<T> =>
  withForm(
    v.custom<T>(accepts, ({ input }) => `expected ${what}, got ${shownPair(input)}`),
    { kind: 'value', what, json },
  )

/** An integer within a range. */
export const integer = (range: SchemaRange = {}): Schema<number> =>
  value(`an integer${words(range)}`, (x) => Number.isSafeInteger(x) && within(x as number, range), {
    type: 'integer',
    ...limits(range),
  })

/** A finite number within a range. */
export const number = (range: SchemaRange = {}): Schema<number> =>
  value(`a number${words(range)}`, (x) => Number.isFinite(x) && within(x as number, range), {
    type: 'number',
    ...limits(range),
  })

/** A finite number above 0. */
export const positive = (): Schema<number> =>
  value('a number above 0', (x) => Number.isFinite(x) && (x as number) > 0, { type: 'number', exclusiveMinimum: 0 })

/** A string that is not empty. */
export const text = (): Schema<string> =>
  value('a text', (x) => typeof x === 'string' && x !== '', { type: 'string', minLength: 1 })

/** True or false. */
export const flag = (): Schema<boolean> => value('true or false', (x) => typeof x === 'boolean', { type: 'boolean' })

/** One of some strings or numbers. */
export const oneOf = <const T extends string | number>(allowed: readonly T[]): Schema<T> =>
  withForm(
    v.custom<T>(
      (x) => allowed.includes(x as T),
      ({ input }) => {
        const close = typeof input === 'string' ? nearest(input, allowed.map(String)) : undefined
        const names = allowed.map((name) => (typeof name === 'string' ? `'${name}'` : name)).join(', ')
        return `expected one of ${names}; got ${shown(input)}${close ? `. Did you mean '${close}'?` : ''}`
      },
    ),
    { kind: 'one-of', values: allowed },
  )

/** A property that may be absent. */
export const optional = <T>(schema: Schema<T>): Schema<T | undefined> =>
  withForm(v.optional(schema), { kind: 'optional', of: schema })

/** A value that may be null. */
export const nullable = <T>(schema: Schema<T>): Schema<T | null> =>
  withForm(v.nullable(schema), { kind: 'nullable', of: schema })

/** A list of at least `least` entries (default 0), each by a schema. */
export const list = <T>(of: Schema<T>, least = 0): Schema<readonly T[]> => {
  const what = least > 0 ? `a list of at least ${least} ${least === 1 ? 'entry' : 'entries'}` : 'a list'
  const message = ({ input }: v.BaseIssue<unknown>) => `expected ${what}, got ${shown(input)}`
  return withForm(v.pipe(v.array(of, message), v.minLength(least, message)), { kind: 'list', of, least })
}

/** A list of at least one entry: the first by one schema, all others by another. */
export const firstAndRest = <A, B>(first: Schema<A>, rest: Schema<B>): Schema<readonly [A, ...B[]]> =>
  withForm(v.pipe(list(v.unknown(), 1), v.tupleWithRest([first], rest)), { kind: 'list', of: rest, least: 1, first })

/** Two numbers within a range, the second at least the first. */
export const interval = (range: SchemaRange = {}): Schema<readonly [low: number, high: number]> =>
  value(
    `[low, high]${words(range)}`,
    (x) => {
      if (!Array.isArray(x) || x.length !== 2 || !x.every((end) => typeof end === 'number' && within(end, range)))
        return false
      return x[0] <= x[1]
    },
    { type: 'array', items: { type: 'number', ...limits(range) }, minItems: 2, maxItems: 2 },
  )

/** A value of one of two schemas: of the second if the predicate says so. */
export const either = <A, B>(first: Schema<A>, second: Schema<B>, isSecond: (value: unknown) => boolean) =>
  withForm<A | B>(
    v.lazy((x): Schema<A | B> => (isSecond(x) ? second : first) as Schema<A | B>),
    { kind: 'either', of: [first, second] },
  )

/** A schema that is looked up when it is used: for values that contain others of their kind. */
export const lazy = <T>(of: () => Schema<T>): Schema<T> => withForm(v.lazy(of), { kind: 'lazy', of })

/**
 * A record with the keys of `T`, each by its schema, and no others. The compiler asks for a schema of each key of `T`.
 * Keys that are undefined count as left out.
 */
export const record = <T extends object>(entries: { readonly [K in keyof T]-?: Schema<T[K]> }): Schema<T> => {
  const schemas = entries as Record<string, Schema<unknown>>
  // A missing property is reported by its own schema.
  const object = v.looseObject(schemas, ({ path }) => {
    const missing = schemas[path?.[0].key as string]
    return (missing && v.safeParse(missing, undefined).issues?.[0].message) ?? 'expected a value, got undefined'
  })
  const known = Object.keys(schemas)
  const isRecord = v.custom<object>(
    (x) => typeof x === 'object' && x !== null && !Array.isArray(x),
    ({ input }) => `expected ${withKeys(known)}, got ${shown(input)}`,
  )
  // Keys are those of the input: valibot drops `__proto__`, `prototype` and `constructor` from its results.
  const checked = v.lazy((input) =>
    v.pipe(
      isRecord,
      object,
      v.rawCheck(({ addIssue }) => {
        for (const [key, given] of Object.entries(input as object)) {
          if (given === undefined || Object.hasOwn(schemas, key)) continue
          const close = nearest(key, known)
          const message = `unknown option '${key}'. ${close ? `Did you mean '${close}'?` : `There are ${known.join(', ')}`}`
          addIssue({ message, input, path: [{ type: 'object', origin: 'key', input: {}, key, value: given }] })
        }
      }),
      v.transform((given) => Object.fromEntries(Object.entries(given).filter(([, x]) => x !== undefined))),
    ),
  )
  return withForm(checked, { kind: 'record', entries: schemas })
}

/** The schemas of the properties of a record, to be part of others. @throws unless it is the schema of a record. */
export const entriesOf = <T extends object>(of: Schema<T>): { readonly [K in keyof T]-?: Schema<T[K]> } => {
  const form = formOf(of as Schema<unknown>)
  if (form.kind !== 'record') throw new CascadeError('internal', `schema: expected that of a record, got ${form.kind}`)
  return form.entries as { readonly [K in keyof T]-?: Schema<T[K]> }
}

/** A record of which each property may be absent. */
export const partial = <T extends object>(of: Schema<T>): Schema<Partial<T>> => {
  const entries = Object.entries<Schema<unknown>>(entriesOf(of)).map(([key, each]) => [key, optional(each)])
  return record<Partial<T>>(Object.fromEntries(entries))
}

/**
 * A record with any names, each value by a schema.
 * @param what it is, for errors: `averages by name`.
 */
export const byName = <T>(what: string, of: Schema<T>): Schema<Readonly<Record<string, T>>> => {
  const checked = v.lazy((input) => {
    const isRecord = typeof input === 'object' && input !== null && !Array.isArray(input)
    if (!isRecord) return value(what, () => false)
    // It would set the prototype of what is read.
    if (Object.hasOwn(input, '__proto__')) return value(`${what} other than '__proto__'`, () => false)
    return record<Record<string, T>>(Object.fromEntries(Object.keys(input).map((name) => [name, of])))
  })
  return withForm(checked, { kind: 'by-name', what, of })
}

/**
 * What one of some schemas accepts: that of the value's `name`.
 * @param what it is, for errors: `a schedule`.
 */
export const named = <T extends { readonly name: string }>(
  what: string,
  schemas: { readonly [N in T['name']]: Schema<Extract<T, { readonly name: N }>> },
): Schema<T> => {
  const byName = new Map<unknown, Schema<unknown>>(Object.entries(schemas))
  const names = Object.keys(schemas)
  const unknown = v.custom<never>(
    () => false,
    ({ input }) => {
      const isRecord = typeof input === 'object' && input !== null
      const name = isRecord ? (input as { readonly name?: unknown }).name : input
      const close = typeof name === 'string' ? nearest(name, names) : undefined
      if (!isRecord) return `expected ${what}, such as { name: '${close ?? names[0]}' }, got ${shown(input)}`
      const known = names.map((each) => `'${each}'`).join(', ')
      return `expected ${what} by its name, one of ${known}; got ${shown(name)}${close ? `. Did you mean '${close}'?` : ''}`
    },
  )
  const nameOf = (x: unknown) => (x as { readonly name?: unknown } | null | undefined)?.name
  const checked = v.lazy((x) => byName.get(nameOf(x)) ?? unknown)
  return withForm(checked, { kind: 'named', what, schemas })
}

/** An object by its first keys. */
const withKeys = (keys: readonly string[]): string =>
  `an object with ${keys.slice(0, 4).join(', ')}${keys.length > 4 ? ', …' : ''}`

const within = (x: number, { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: SchemaRange) =>
  x >= from && x <= to

/** A range in the words of JSON Schema. */
const limits = ({ from, to }: SchemaRange): JsonSchema => ({ minimum: from, maximum: to })

const words = ({ from, to }: SchemaRange): string =>
  (from === undefined ? '' : ` from ${from}`) + (to === undefined ? '' : ` to ${to}`)
