import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A page of the documentation, by its path in the repository. */
export interface Page {
  readonly path: string
  readonly text: string
}

/** All pages that a user reads: READMEs, of the packages too, and docs. */
export function pages(): Page[] {
  const below = (folder: string) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)
  const paths = [
    'README.md',
    ...below('docs').filter((path) => path.endsWith('.md')),
    ...[...below('packages'), ...below('examples')].map((folder) => `${folder}/README.md`),
  ]
  return paths
    .filter((path) => existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}
