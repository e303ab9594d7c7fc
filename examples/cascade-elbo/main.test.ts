import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('trains both stages and prints bounds that add up, of which the base has less at a greater s', () => {
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', 'main.ts']
  const few = ['--steps=2', '--images=2', '--levels=0,50']
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const log = execFileSync(process.execPath, [...flags, ...few], { cwd, encoding: 'utf8' })
  expect(log).toMatch(/^base 2\/2: loss \d/m)
  expect(log).toMatch(/^super-resolution 2\/2: loss \d/m)
  const rows = [...log.matchAll(/^ *(\d+) +([\d.]+) +([\d.]+) +([\d.]+) ± [\d.]+$/gm)].map((row) =>
    row.slice(1).map(Number),
  )
  expect(rows.map(([s]) => s)).toEqual([0, 50])
  for (const [, base, superResolution, cascade] of rows) expect(base! + superResolution!).toBeCloseTo(cascade!, 2)
  const ofBase = rows.map(([, base]) => base!)
  expect(ofBase[0]).toBeGreaterThan(2 * ofBase[1]!)
})
