// The fields of a configuration: its schema says what they accept, and its type's comments what they are.
import { type Form, formOf, type Schema } from '../../packages/checks/src/index.ts'
import type { Comments, Types } from './comments.ts'

type AnySchema = Schema<unknown>

/** What a field accepts. */
export type Shape =
  | { readonly kind: 'value'; readonly what: string; readonly json: object }
  | { readonly kind: 'one-of'; readonly values: readonly (string | number)[] }
  | { readonly kind: 'list'; readonly of: Shape; readonly least: number }
  | { readonly kind: 'by-name'; readonly what: string; readonly of: Shape }
  | { readonly kind: 'either'; readonly of: readonly Shape[] }
  | { readonly kind: 'code'; readonly what: string }
  | { readonly kind: 'null' | 'nothing' }
  | { readonly kind: 'section'; readonly section: Section }

/** One property of a record. */
export interface Field {
  readonly name: string
  readonly needed: boolean
  readonly shape: Shape
  /** What the field is, without its default. */
  readonly about: string
  /** What holds if it is left out, in words; undefined if the comment does not say. */
  readonly default: string | undefined
}

/** A record, or some records by `name`: one section of the page. */
export interface Section {
  /** Where it was first met: `stages[].training`. */
  readonly path: string
  /** What a record by name is: `an augmentation`. */
  readonly what?: string
  /** The fields of the record. */
  readonly fields?: readonly Field[]
  /** The fields of each record by name. A name may have records in several forms. */
  readonly kinds?: readonly { readonly name: string; readonly forms: readonly (readonly Field[])[] }[]
}

/** All sections of a schema, in the order in which they are met; the whole first. */
export function sectionsOf(schema: AnySchema, type: string, comments: Comments): readonly Section[] {
  const sections: Section[] = []
  const known = new Map<string, Section>()
  // Equal schemas are one section, though they are different objects.
  const keyOf = (form: Form) =>
    form.kind === 'record'
      ? Object.keys(form.entries).join()
      : form.kind === 'named'
        ? Object.keys(form.schemas).join()
        : ''

  function fieldsOf(entries: Readonly<Record<string, AnySchema>>, types: Types, path: string): Field[] {
    return Object.entries(entries).map(([name, each]) => {
      const optional = formOf(each).kind === 'optional'
      const at = path === '' ? name : `${path}.${name}`
      const [about, initial] = parted(comments.commentOf(types, name))
      return {
        name,
        needed: !optional,
        shape: shapeOf(each, comments.propertyOf(types, name), at),
        about,
        default: initial,
      }
    })
  }

  function section(form: Form & { kind: 'record' | 'named' }, types: Types, path: string): Section {
    const key = `${form.kind} ${keyOf(form)}`
    const before = known.get(key)
    if (before) return before
    const made: { -readonly [K in keyof Section]: Section[K] } = { path }
    known.set(key, made)
    sections.push(made)
    if (form.kind === 'record')
      made.fields = fieldsOf(form.entries, comments.withKeys(types, Object.keys(form.entries)), path)
    else {
      made.what = form.what
      made.kinds = Object.entries(form.schemas).map(([name, each]) => ({
        name,
        forms: recordsIn(each).map(({ name: _, ...entries }) => fieldsOf(entries, comments.named(types, name), path)),
      }))
    }
    return made
  }

  function shapeOf(each: AnySchema, types: Types, path: string): Shape {
    const form = formOf(each)
    switch (form.kind) {
      case 'value':
        if (form.json && 'not' in form.json) return { kind: 'nothing' }
        return form.json ? { kind: 'value', what: form.what, json: form.json } : { kind: 'code', what: form.what }
      case 'one-of':
        return form
      case 'optional':
        return shapeOf(form.of, types, path)
      case 'lazy':
        return shapeOf(form.of(), types, path)
      case 'nullable':
        return eitherOf([shapeOf(form.of, types, path), { kind: 'null' }])
      case 'either':
        return eitherOf(form.of.map((one) => shapeOf(one, types, path)))
      case 'list':
        return { kind: 'list', of: shapeOf(form.of, comments.entriesOf(types), `${path}[]`), least: form.least }
      case 'by-name':
        return { kind: 'by-name', what: form.what, of: shapeOf(form.of, comments.entriesOf(types), `${path}.NAME`) }
      default:
        return { kind: 'section', section: section(form, types, path) }
    }
  }

  shapeOf(schema, comments.typesOf(type), '')
  return sections
}

/** One of several shapes. */
function eitherOf(shapes: readonly Shape[]): Shape {
  const some = shapes.flatMap((shape) => (shape.kind === 'either' ? shape.of : shape.kind === 'nothing' ? [] : [shape]))
  return some.length === 1 ? some[0]! : { kind: 'either', of: some }
}

/** The records that a schema accepts. */
function recordsIn(schema: AnySchema): Readonly<Record<string, AnySchema>>[] {
  const form = formOf(schema)
  if (form.kind === 'record') return [form.entries]
  return form.kind === 'either' ? form.of.flatMap(recordsIn) : []
}

/** A comment in two: what the field is, and its default. */
function parted(comment: string): readonly [about: string, initial: string | undefined] {
  const found = /\bDefault:? (.+?)\.(?=\s|$)/.exec(comment)
  if (!found) return [comment, undefined]
  return [comment.replace(found[0], '').replaceAll(/\s+/g, ' ').trim(), found[1]]
}
