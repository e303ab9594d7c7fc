// The files that are made of the schema of configurations.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cascadeConfigSchema } from '../../packages/experiment/src/config/config-schema.ts'
import { commentsOf } from './comments.ts'
import { sectionsOf } from './fields.ts'
import { jsonSchemaOf } from './json-schema.ts'
import { pageOf } from './page.ts'

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** A file and its text. */
export interface MadeFile {
  readonly path: string
  readonly text: string
}

/** docs/configuration.md and cascade.schema.json. */
export function configurationFiles(): readonly MadeFile[] {
  const comments = commentsOf(at('packages/experiment/src/config/cascade-config.ts'))
  const sections = sectionsOf(cascadeConfigSchema as never, 'CascadeConfig', comments)
  const introduction = readFileSync(at('scripts/configuration/introduction.md'), 'utf8')
  return [
    { path: at('docs/configuration.md'), text: pageOf(introduction, sections) },
    {
      path: at('packages/cascade-diffusion/cascade.schema.json'),
      text: `${JSON.stringify(jsonSchemaOf(sections), undefined, 2)}\n`,
    },
  ]
}
