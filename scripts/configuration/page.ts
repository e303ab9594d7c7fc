// docs/configuration.md: what configurations are, then a table for each part.
import type { Field, Section, Shape } from './fields.ts'

/** The page, of an introduction and the sections of the schema. */
export const pageOf = (introduction: string, sections: readonly Section[]): string =>
  `${[introduction.trim(), ...sections.map((section) => sectionText(section))].join('\n\n')}\n`

/** The title of a section: what it holds, or where it is. */
function titleOf({ path, what }: Section): string {
  if (path === '') return 'All fields'
  if (what === undefined) return `\`${path}\``
  const name = what.replace(/^an? /, '')
  return name[0]!.toUpperCase() + name.slice(1)
}

/** The anchor of a title, as GitHub makes it. */
const anchorOf = (section: Section): string =>
  `#${titleOf(section)
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')}`

function sectionText(section: Section): string {
  const { fields, kinds } = section
  const head = `## ${titleOf(section)}`
  if (fields) return `${head}\n\n${tableOf(fields)}`
  const parts = kinds!.map(({ name, forms }) => {
    const tables = forms.map((own) => (own.length > 0 ? tableOf(own) : 'It has no settings.'))
    return `### ${nameOf(name, section)}\n\n${tables.join('\n\nOr:\n\n')}`
  })
  return [`${head}`, `\`${section.path}\` and others: \`{ "name": … }\`, one of these.`, ...parts].join('\n\n')
}

/** Names of different kinds may be equal: `cosine` is a schedule and a learning rate. */
const nameOf = (name: string, section: Section): string => `${titleOf(section)}: \`${name}\``

function tableOf(fields: readonly Field[]): string {
  const rows = fields.map((field) => [
    `\`${field.name}\``,
    cell(wordsOf(field.shape)),
    field.needed ? 'needed' : cell(field.default ?? ''),
    cell(field.about),
  ])
  const lines = [['field', 'value', 'default', ''], ['---', '---', '---', '---'], ...rows]
  return lines.map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** Text of a cell of a table. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\{@link (\w+)\}/g, '`$1`')

/** The order of what a field may be. */
const ranks: Readonly<Record<Shape['kind'], number>> = {
  'one-of': 0,
  value: 1,
  section: 2,
  null: 3,
  nothing: 3,
  code: 4,
  either: 4,
  'by-name': 5,
  list: 6,
}

function wordsOf(shape: Shape): string {
  switch (shape.kind) {
    case 'value':
      return shape.what
    case 'one-of':
      return shape.values.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
    case 'list':
      return `a list: ${wordsOf(shape.of)}`
    case 'by-name':
      return `by any names: ${wordsOf(shape.of)}`
    case 'either':
      // Lists last: what follows `a list:` is in it.
      return [...new Set([...shape.of].sort((a, b) => ranks[a.kind] - ranks[b.kind]).map(wordsOf))].join('; or ')
    case 'code':
      return `in a program: ${shape.what}`
    case 'null':
      return '`null`'
    case 'nothing':
      return 'nothing'
    case 'section':
      return `[${shape.section.what ?? shape.section.path}](${anchorOf(shape.section)})`
  }
}
