import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { bundleForBrowser } from '../packages/testing/src/browser/index.ts'

/** Packages that a browser can load whole. The others work with files, processes or Node.js's engines. */
const names = [
  ...['arrays', 'cascade', 'checkpoints', 'checks', 'conditioning-augmentation', 'data', 'diffusion', 'files', 'jit'],
  ...['losses', 'metrics', 'ops', 'presets', 'random', 'reports', 'schedules', 'training', 'unet'],
]

test.each(names)('%s bundles for browsers', async (name) => {
  const folder = fileURLToPath(new URL(`../packages/${name}`, import.meta.url))
  const program = `import * as all from '@cascade-diffusion/${name}'; console.log(all)`
  const { bytes } = await bundleForBrowser(program, folder)
  expect(bytes).toBeGreaterThan(0)
})

test('modules of Node.js are refused', async () => {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  await expect(bundleForBrowser(`import { readFile } from 'node:fs/promises'; readFile('x')`, folder)).rejects.toThrow(
    'Could not resolve "node:fs/promises"',
  )
})
