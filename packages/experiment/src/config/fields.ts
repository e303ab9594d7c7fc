import { CascadeError, formOf, nearest, type Schema } from '@cascade-diffusion/checks'

type AnySchema = Schema<unknown>

/** Whether a schema, or one that it stands for, is of a kind. */
export const hasForm = (schemas: readonly AnySchema[], kind: ReturnType<typeof formOf>['kind']): boolean =>
  schemas.some((each) => standsFor(each, []).some((found) => formOf(found).kind === kind))

/** The schemas of a field of what any of some schemas accepts; none if there is no such field. */
export const fieldsNamed = (schemas: readonly AnySchema[], key: string): readonly AnySchema[] =>
  schemas.flatMap(recordsOf).flatMap((each) => fieldIn(each, key))

/**
 * As {@link fieldsNamed}.
 * @param key the name of the field, or the index of an entry.
 * @throws if there is no such field, with the nearest name.
 */
export function fieldOf(where: string, schemas: readonly AnySchema[], key: string): readonly AnySchema[] {
  const found = fieldsNamed(schemas, key)
  if (found.length > 0) return found
  if (hasForm(schemas, 'list'))
    throw new CascadeError('input', `${where}: expected the index of an entry, got '${key}'`)
  const known = [...new Set(schemas.flatMap(recordsOf).flatMap(namesIn))]
  const close = nearest(key, known)
  const hint = close ? `Did you mean '${close}'?` : known.length > 0 ? `There are ${known.join(', ')}` : 'There is none'
  throw new CascadeError('input', `${where}: unknown option '${key}'. ${hint}`)
}

/** A schema and those that it stands for, until one has a form of its own. */
function standsFor(schema: AnySchema, seen: readonly AnySchema[]): AnySchema[] {
  if (seen.includes(schema)) return []
  const form = formOf(schema)
  const next = (of: AnySchema) => standsFor(of, [...seen, schema])
  if (form.kind === 'optional' || form.kind === 'nullable') return next(form.of)
  if (form.kind === 'lazy') return next(form.of())
  if (form.kind === 'either') return form.of.flatMap(next)
  return [schema]
}

/** The records and lists that a schema stands for. */
const recordsOf = (schema: AnySchema): AnySchema[] =>
  standsFor(schema, []).flatMap((each) => {
    const form = formOf(each)
    return form.kind === 'named' ? Object.values(form.schemas).flatMap(recordsOf) : [each]
  })

function fieldIn(schema: AnySchema, key: string): AnySchema[] {
  const form = formOf(schema)
  if (form.kind === 'record') return Object.hasOwn(form.entries, key) ? [form.entries[key]!] : []
  if (form.kind === 'by-name') return [form.of]
  if (form.kind === 'list' && /^\d+$/.test(key)) return [key === '0' && form.first ? form.first : form.of]
  return []
}

function namesIn(schema: AnySchema): readonly string[] {
  const form = formOf(schema)
  return form.kind === 'record' ? Object.keys(form.entries) : []
}
