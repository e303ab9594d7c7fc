import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { readFound } from './gradients/found.ts'
import { gradientExamples } from './gradients/measure.ts'
import { kernelExamples } from './kernel-examples.ts'
import { composedByTfjs, notes, notTraced } from './kernel-notes.ts'
import { kernelTable, tfjsKernels } from './kernel-table.ts'

const page = readFileSync(new URL('../../../../docs/jit-kernels.md', import.meta.url), 'utf8')

test('docs/jit-kernels.md is up to date; `npx -y pnpm@10 docs:kernels` writes it', () => {
  expect(page).toBe(kernelTable())
})

test('every kernel with a gradient has examples of it, and what was found is of examples', () => {
  const differentiable = Object.keys(kernelExamples).filter((name) => tf.getGradient(name))
  expect(Object.keys(gradientExamples).sort()).toEqual(differentiable.sort())
  expect(Object.keys(readFound()).sort()).toEqual(differentiable.sort())
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
