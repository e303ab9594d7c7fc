import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { kernelExamples } from './kernel-examples.ts'
import { composedByTfjs, notes, notTraced } from './kernel-notes.ts'
import { kernelTable, tfjsKernels } from './kernel-table.ts'

const page = readFileSync(new URL('../../../../docs/jit-kernels.md', import.meta.url), 'utf8')

test('docs/jit-kernels.md is up to date: write it anew by `npx -y pnpm@10 docs:kernels`', () => {
  expect(page).toBe(kernelTable())
})

test('it has each kernel of tfjs-core once', () => {
  expect(tfjsKernels).toHaveLength(180)
  const rows = [...page.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1])
  expect(new Set(rows).size).toBe(rows.length)
  expect(rows.filter((name) => tfjsKernels.includes(name!)).sort()).toEqual([...tfjsKernels].sort())
})

test('what is said to be missing is, and there is nothing to say of others', () => {
  for (const name of [...Object.keys(notTraced), ...Object.keys(composedByTfjs)])
    expect(kernelExamples).not.toHaveProperty(name)
  for (const name of Object.keys(notes)) expect(kernelExamples).toHaveProperty(name)
})
