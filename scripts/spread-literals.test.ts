import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { pages } from './pages/pages.ts'
import { programsOf } from './pages/programs.ts'
import { spreadLiterals } from './spread-literals.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The sources below a folder, by their paths from the root. */
const sources = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return /^(node_modules|dist|fixtures|\.)/.test(entry.name) ? [] : sources(path)
    return /\.(ts|mjs|js)$/.test(entry.name) ? [path] : []
  })

test('spreads of literals are found, also in parentheses and as a type; other spreads are not', () => {
  const text = [
    'const a = { ...{ b: 1 }, c }',
    'f({ x: [{ ...({ b } as const) }] })',
    'const d = { ...a, ...(c && { b }), list: [...[1, 2]] }',
    "const text = '{ ...{ a } }' // { ...{ a } }",
    'const { e, ...rest } = a',
  ].join('\n')
  expect(spreadLiterals('x.ts', text)).toEqual(['x.ts:1', 'x.ts:2'])
})

test('no source spreads an object literal', () => {
  const paths = ['packages', 'scripts', 'benchmarks', 'examples'].flatMap(sources)
  expect(paths.length).toBeGreaterThan(600)
  expect(paths.flatMap((path) => spreadLiterals(path, readFileSync(join(root, path), 'utf8')))).toEqual([])
})

test('no program of a page does', () => {
  const programs = pages().flatMap(({ path, text }) => programsOf(text).map(({ source }) => ({ path, source })))
  expect(programs.length).toBeGreaterThan(30)
  expect(programs.flatMap(({ path, source }) => spreadLiterals(path, source))).toEqual([])
})
