import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Held } from '../testing/leak-run.ts'

test('thousands of compiled steps hold on to nothing', () => {
  // Enough steps that the computing thread collects its garbage: no other thread can make it do so.
  // A process of its own, whose memory is not the other tests', and whose garbage can be collected.
  const script = `
    import { jit } from '@cascade-diffusion/jit'
    import { leakRun } from './src/testing/leak-run.ts'
    process.stdout.write(JSON.stringify(await leakRun((fn) => jit(fn), 4500, 3)))`
  const flags = ['--expose-gc', '--conditions=@cascade-diffusion/source', '--import=tsx', '--input-type=module']
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  const child = spawnSync(process.execPath, flags, { input: script, cwd, encoding: 'utf8' })
  expect(child.status, child.stderr).toBe(0)
  const [first, , last] = JSON.parse(child.stdout) as [Held, Held, Held]
  // The state alone is 1.6 MB: what is kept of every hundredth step would show.
  expect(last.rss - first.rss).toBeLessThan(16)
  expect(last.heap - first.heap).toBeLessThan(4)
  expect(last.arrays - first.arrays).toBeLessThan(6)
  expect(last.handles - first.handles).toBeLessThanOrEqual(2)
  expect(last.tensors).toBe(0)
})
