import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('exports a network that ONNX Runtime runs at any batch size', () => {
  const out = join(mkdtempSync(join(tmpdir(), 'export-onnx-')), 'run')
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', 'main.ts', `--out=${out}`]
  const log = execFileSync(process.execPath, flags, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  })
  expect(log).toContain('inputs: xt, noise, condition.label; outputs: epsilon')
  const batches = [...log.matchAll(/^batch (\d+): \[([\d,]+)\], differs by (\S+) /gm)]
  expect(batches.map(([, n, shape]) => [n, shape])).toEqual([1, 2, 7, 16].map((n) => [`${n}`, `${n},16,16,3`]))
  for (const [, , , difference] of batches) expect(Number(difference)).toBeLessThan(1e-4)
})
