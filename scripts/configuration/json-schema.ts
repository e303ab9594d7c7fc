// cascade.schema.json: completes and checks cascade.config.json in editors (JSON Schema, draft 7).
import type { Field, Section, Shape } from './fields.ts'

type Json = Readonly<Record<string, unknown>>

/** The JSON schema of the first section. Values that JSON cannot have are left out. */
export function jsonSchemaOf(sections: readonly Section[]): Json {
  const [whole, ...parts] = sections
  const definitions = parts
    .filter((section) => !isOfProgram(section))
    .map((section) => [nameOf(section), sectionSchema(section)] as const)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A configuration of cascade-diffusion',
    ...sectionSchema(whole!),
    definitions: Object.fromEntries(definitions),
  }
}

const nameOf = ({ path, what }: Section): string =>
  (what ?? path).replace(/^an? /, '').replaceAll(/\W+/g, '-').replace(/-$/, '')

/** Whether it is a record that only a program can make. */
const isOfProgram = ({ fields = [] }: Section): boolean =>
  fields.some(({ needed, shape }) => needed && shape.kind === 'code')

function sectionSchema({ fields, kinds }: Section): Json {
  if (fields) return recordSchema(fields) ?? {}
  const members = kinds!.flatMap(({ name, forms }) =>
    forms.flatMap((own) => recordSchema(own, { name: { const: name } }) ?? []),
  )
  return { anyOf: members }
}

/** Undefined if a property that is needed is no JSON. */
function recordSchema(fields: readonly Field[], first: Json = {}): Json | undefined {
  const properties = fields.map((field) => ({ field, schema: shapeSchema(field.shape) }))
  if (properties.some(({ field, schema }) => field.needed && !schema)) return undefined
  const known = properties.flatMap(({ field, schema }) =>
    schema ? [[field.name, described(schema, field)] as const] : [],
  )
  const required = [...Object.keys(first), ...fields.filter(({ needed }) => needed).map(({ name }) => name)]
  return {
    type: 'object',
    properties: { ...first, ...Object.fromEntries(known) },
    required: required.length > 0 ? required : undefined,
    additionalProperties: false,
  }
}

function described(schema: Json, { about, default: initial }: Field): Json {
  const description = [about, initial && `Default: ${initial}.`].filter(Boolean).join(' ')
  if (description === '') return schema
  // Draft 7 ignores what stands beside a $ref.
  return '$ref' in schema ? { description, allOf: [schema] } : { description, ...schema }
}

function shapeSchema(shape: Shape): Json | undefined {
  switch (shape.kind) {
    case 'value':
      return shape.json as Json
    case 'one-of':
      return { enum: shape.values }
    case 'list': {
      const items = shapeSchema(shape.of)
      return items && { type: 'array', items, minItems: shape.least || undefined }
    }
    case 'by-name': {
      const each = shapeSchema(shape.of)
      return each && { type: 'object', additionalProperties: each }
    }
    case 'either': {
      const some = shape.of.map(shapeSchema).filter((each) => each !== undefined)
      const flat = some.flatMap((each: Json): readonly Json[] =>
        Array.isArray(each.anyOf) ? (each.anyOf as Json[]) : [each],
      )
      const different = [...new Map(flat.map((each) => [JSON.stringify(each), each])).values()]
      return different.length > 1 ? { anyOf: different } : different[0]
    }
    case 'code':
      return undefined
    case 'null':
      return { type: 'null' }
    case 'nothing':
      return undefined
    case 'section':
      return isOfProgram(shape.section) ? undefined : { $ref: `#/definitions/${nameOf(shape.section)}` }
  }
}
