import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { docsPath, withTables } from './tables.ts'

test('docs/benchmarks.md has the tables of results/*.json; if not, run `npx -y pnpm@10 docs:benchmarks`', () => {
  const text = readFileSync(docsPath, 'utf8')
  expect(withTables(text)).toBe(text)
})

test('a text without places for tables is refused', () => {
  expect(() => withTables('# Benchmarks')).toThrow('expected <!-- network --> and <!-- /network -->')
})
