import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { languages, networkSizes, packageManagers, projectFiles } from 'create-cascade-diffusion'
import ts from 'typescript'
import { expect, test } from 'vitest'

const index = fileURLToPath(new URL('index.ts', import.meta.url))

/** The configurations of every kind of answer, as TypeScript. */
const written = networkSizes.flatMap((network) =>
  languages.flatMap((language) =>
    ['mnist', "../it's here"].map((images) => {
      const files = projectFiles({ name: 'a-b', images, network, language })
      const json = files['cascade.config.json']
      const checked = `import type { CascadeConfig } from 'cascade-diffusion'\nexport const config: CascadeConfig = ${json}`
      return files['cascade.config.ts'] ?? checked
    }),
  ),
)

/** What the compiler says of files of TypeScript, of which the package is the source here. */
function complaints(texts: readonly string[]): string[] {
  const folder = temporaryFolder()
  mkdirSync(folder, { recursive: true })
  const paths = texts.map((text, i) => {
    const path = join(folder, `${i}.ts`)
    writeFileSync(path, text)
    return path
  })
  const program = ts.createProgram(paths, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: ['@cascade-diffusion/source'],
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    paths: { 'cascade-diffusion': [index] },
  })
  return paths.flatMap((path) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(path))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  )
}

test('the written configurations are of the type of configurations', () => {
  expect(written).toHaveLength(16)
  const wrong = written[0]!.replace("network: 'tiny'", "network: 'huge'")
  expect(complaints([...written, wrong])).toEqual([expect.stringContaining('Type \'"huge"\' is not assignable')])
})

test('every package manager has its project', () => {
  const files = packageManagers.map((packageManager) => projectFiles({ name: 'a', images: 'b', packageManager }))
  expect(files.map((each) => Object.keys(each).length)).toEqual([6, 6, 6, 5])
  expect(files.map((each) => each['README.md'])).toEqual([
    expect.stringContaining('npm install\nnpm run train\nnpm run sample -- --count 16'),
    expect.stringContaining('pnpm install\npnpm train\npnpm sample --count 16'),
    expect.stringContaining('yarn install\nyarn train\nyarn sample --count 16'),
    expect.stringContaining('bun install\nbun run train\nbun run sample --count 16'),
  ])
})
