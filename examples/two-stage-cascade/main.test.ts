import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('trains both stages and writes a picture of their samples', () => {
  const out = join(mkdtempSync(join(tmpdir(), 'two-stage-')), 'samples.png')
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', 'main.ts', '--steps=2', `--out=${out}`]
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const log = execFileSync(process.execPath, flags, { cwd, encoding: 'utf8' })
  expect(log).toMatch(/^base 2\/2: loss \d/m)
  expect(log).toMatch(/^super-resolution 4\/4: loss \d/m)
  expect(log).toContain('super-resolution: 80 of 80 images')
  // 16 cells of 32 pixels and gaps of 2 across, 10 down.
  const header = readFileSync(out)
  expect([header.toString('latin1', 1, 4), header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([
    'PNG',
    16 * 34 + 2,
    10 * 34 + 2,
  ])
})
