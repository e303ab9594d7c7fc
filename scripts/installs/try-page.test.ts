import { expect, test } from 'vitest'
import { pages } from '../pages/pages.ts'
import { programsOf } from '../pages/programs.ts'
import { importsIn, installLine } from './try-page.ts'

test('the line of a page, over as many lines as it has', () => {
  expect(installLine('text\n\n```sh\nnpm init -y\nnpm i a @b/c \\\n  d --flag\nnpx x\n```\n\nnpm i other\n')).toEqual([
    ...['a', '@b/c', 'd', '--flag'],
  ])
  expect(installLine('`npm i a`')).toBeUndefined()
})

test('the imports of a program, and nothing else of it', () => {
  const program =
    "import { a,\n  b } from 'c';\nimport * as d from '@e/f'\nimport 'g'\nconst x = await import('h')\nlog('import')\n"
  expect(importsIn(program)).toBe("import { a,\n  b } from 'c';\nimport * as d from '@e/f'\nimport 'g'\n")
})

/** The packages that a page's programs import. */
const importsOf = (page: string) =>
  programsOf(page)
    .flatMap(({ source }) => [...source.matchAll(/^(?:import|\} from|.* from) ?'([^'.][^']*)'/gm)])
    .map(([, name]) => name as string)
    .filter((name) => !name.startsWith('node:'))

test('lines name all that the programs of their page import: strict package managers find nothing else', () => {
  const readmes = pages().filter(({ path }) => path.startsWith('packages/'))
  expect(readmes.filter(({ text }) => !installLine(text)).map(({ path }) => path)).toEqual([])
  const all = readmes.flatMap(({ path, text }) =>
    importsOf(text).map((name) => ({ path, name, line: installLine(text)! })),
  )
  expect(all.length).toBeGreaterThan(50)
  expect(all.filter(({ name, line }) => !line.includes(name)).map(({ path, name }) => `${path}: ${name}`)).toEqual([])
})

test('no line has the flag of onnxruntime-node, which npm 12 refuses, and none runs its script', () => {
  for (const { path, text } of pages()) {
    const line = installLine(text) ?? []
    expect(
      line.filter((word) => word.startsWith('--onnxruntime')),
      path,
    ).toEqual([])
    if (line.includes('onnxruntime-node')) expect(line, path).toContain('--ignore-scripts')
  }
})
