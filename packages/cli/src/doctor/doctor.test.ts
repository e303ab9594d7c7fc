import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { main } from '../main.ts'
import { backendFinding, engineFinding, type Findings } from './examine.ts'
import { diskFinding, memoryFinding, memoryHere, nodeFinding } from './machine.ts'
import { describe } from './run.ts'

test('finds what works here, whatever the rest does', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'doctor-'))
  onTestFinished(() => rm(cache, { recursive: true }))
  vi.stubEnv('CASCADE_DIFFUSION_CACHE', cache)
  const lines: string[] = []
  const io = { log: (line: string) => lines.push(line), signal: new AbortController().signal }
  expect(await main(['doctor', '--json'], io)).toBe(0)
  const { ok, engines, backends, node, space } = JSON.parse(lines.join('\n')) as Findings
  expect(ok).toBe(true)
  expect(node).toEqual({ name: 'Node.js', works: true, detail: process.versions.node })
  expect(space.map(({ name }) => name)).toEqual(['memory', 'disk', 'downloads'])
  expect(space[2]!.detail).toContain(` free in ${cache}`)
  expect(engines.map(({ name }) => name)).toEqual(['cpu', 'cuda', 'webgpu', 'wasm'])
  expect(engines[0]).toEqual({ name: 'cpu', works: true })
  const native = backends.find(({ name }) => name === 'node')
  expect(native).toMatchObject({ works: false, reason: expect.stringContaining('backends install node') })
})

test('what does not work has its reason, also one that the library only logged', () => {
  const stderr = 'E:onnxruntime: Failed to load x.so with error: libcublasLt.so.13: cannot open shared object file: no'
  expect(engineFinding('cuda', { ok: false, error: 'Failed to load', stderr })).toEqual({
    name: 'cuda',
    works: false,
    reason: 'Failed to load (libcublasLt.so.13 is missing)',
  })
  const value = { name: 'node-gpu', version: '4.22.0', folder: '/x', gpu: false } as const
  expect(backendFinding('node-gpu', { ok: true, value }).detail).toBe('4.22.0, no GPU: on the processor')
  expect(backendFinding('node-gpu', { ok: true, value: { ...value, gpu: true } }).detail).toBe('4.22.0, on a GPU')
  expect(['20.18.1', '20.19.0', '24.0.0'].map((version) => nodeFinding(version).works)).toEqual([false, true, true])
})

test('people get a line for each', () => {
  const lines = describe({
    ok: false,
    node: nodeFinding('18.0.0'),
    machine: 'linux x64, 2 × Processor',
    space: [memoryFinding({ total: 8e9, free: 5e8 })],
    engines: [{ name: 'cpu', works: false, reason: 'first line\nsecond line' }],
    backends: [{ name: 'node', works: true, detail: '4.22.0' }],
    installed: [{ name: 'node', folder: '/x', versions: { 'tfjs-node': '4.22.0' }, bytes: 1 }],
  })
  const text = lines.join('\n')
  expect(text).toContain('—      Node.js   18.0.0: expected 20.19 or later')
  expect(text).toContain('—      memory    0.5 GB of 8.0 GB free: training needs 1 GB or more: close')
  expect(text).toContain('—      cpu       first line\n                   second line')
  expect(text).toContain('works  node      4.22.0')
  expect(text).toContain('node: tfjs-node 4.22.0')
})

test('memory is that of this machine', () => {
  const { total, free } = memoryHere()
  expect(total).toBeLessThanOrEqual(totalmem())
  expect(free).toBeGreaterThan(0)
  expect(memoryFinding({ total: 8e9, free: 4e9 })).toEqual({
    name: 'memory',
    works: true,
    detail: '4.0 GB of 8.0 GB free',
  })
})

test('a folder need not exist; one without room or rights is a finding', async () => {
  const { bavail, bsize } = await statfs(tmpdir())
  const found = await diskFinding('disk', join(tmpdir(), 'not', 'there'))
  expect(found.detail).toMatch(/^[\d.]+ GB free in .*not.there$/)
  expect(Math.abs(Number.parseFloat(found.detail!) * 1e9 - bavail * bsize)).toBeLessThan(1e9)
  const proc = await diskFinding('disk', '/proc/self')
  expect([proc.works, proc.detail]).toEqual([false, '0.0 GB free in /proc/self'])
})
