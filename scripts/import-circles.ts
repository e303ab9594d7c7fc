import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'

/** The files that each file imports or re-exports by a relative path, types included. */
export type Imports = ReadonlyMap<string, readonly string[]>

/** The TypeScript sources of all packages in `root`, by their paths from there; tests import and are not imported. */
export function readImports(root: string): Imports {
  const files = readdirSync(join(root, 'packages')).flatMap((name) => {
    const source = join('packages', name, 'src')
    const paths = readdirSync(join(root, source), { recursive: true, encoding: 'utf8' })
    return paths.filter((path) => /(?<!\.test)\.ts$/.test(path)).map((path) => join(source, path))
  })
  return new Map(files.map((path) => [path, importsOf(path, readFileSync(join(root, path), 'utf8'))]))
}

/** The relative imports of one file. */
export function importsOf(path: string, text: string): string[] {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest).statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return []
    const { moduleSpecifier } = statement
    if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier) || !moduleSpecifier.text.startsWith('.')) return []
    return [normalize(join(dirname(path), moduleSpecifier.text))]
  })
}

/** Circles of files that import each other, one for each set of files that reach one another: `a.ts → b.ts → a.ts`. */
export function importCircles(imports: Imports): string[] {
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, way: readonly string[]) => {
    const start = way.indexOf(file)
    if (start >= 0) circles.push([...way.slice(start), file].join(' → '))
    if (start >= 0 || done.has(file)) return
    for (const next of imports.get(file) ?? []) visit(next, [...way, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return circles
}
