import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { compiledKernel } from '../../../assembly/compiled-kernel.ts'

test('the module is what its source compiles to: npx tsx packages/data/assembly/compile.ts', async () => {
  expect(await readFile(new URL('kernel.ts', import.meta.url), 'utf8')).toBe(await compiledKernel())
}, 60_000)
