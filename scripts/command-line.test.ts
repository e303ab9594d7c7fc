import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commandLinePage } from './command-line-page.ts'

test('docs/command-line.md is what the commands say of themselves', () => {
  const page = readFileSync(new URL('../docs/command-line.md', import.meta.url), 'utf8')
  expect(page === commandLinePage(), 'npx -y pnpm@10 run docs:command-line').toBe(true)
})
