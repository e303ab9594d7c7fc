import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { probeBackend } from './probe.ts'
import { runModule } from './run-module.ts'

async function moduleOf(source: string): Promise<URL> {
  const path = join(temporaryFolder(), 'a module.mjs')
  await writeFile(path, source)
  return pathToFileURL(path)
}

test('a process that crashes, fails or hangs is a finding, not a crash', async () => {
  const crash = await runModule(
    await moduleOf("console.error('out of memory'); process.kill(process.pid, 'SIGSEGV')"),
    [],
  )
  expect(crash).toMatchObject({ ok: false, error: expect.stringMatching(/was ended by SIGSEGV.*\nout of memory/s) })
  const silent = await runModule(await moduleOf('process.exitCode = 3'), [])
  expect(silent).toMatchObject({ ok: false, error: 'the process ended with exit code 3 without a result' })
  const hung = await runModule(await moduleOf('setInterval(() => {}, 1000)'), [], { timeout: 300 })
  expect(hung).toMatchObject({ ok: false, error: expect.stringContaining('SIGKILL') })
})

test('can be stopped', async () => {
  const stop = new AbortController()
  const running = runModule(await moduleOf('setInterval(() => {}, 1000)'), [], { signal: stop.signal })
  setTimeout(() => stop.abort(new Error('interrupted')), 100)
  await expect(running).rejects.toThrow('interrupted')
})

test('a backend computes in its own process, or the result says why not', async () => {
  expect(await probeBackend('cpu')).toMatchObject({ ok: true, value: { name: 'cpu' } })
  const env = { ...process.env, CASCADE_DIFFUSION_CACHE: temporaryFolder() }
  expect(await probeBackend('node-gpu', { env })).toMatchObject({
    ok: false,
    error: expect.stringContaining('is not installed'),
  })
})
