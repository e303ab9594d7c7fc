import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const start = (...args: string[]) =>
  spawn(process.execPath, [
    ...['--conditions=@cascade-diffusion/source', `--import=${import.meta.resolve('tsx')}`],
    ...[fileURLToPath(new URL('bin.ts', import.meta.url)), ...args],
  ])

test('mistakes are reported on stderr', async () => {
  const child = start('summary', '--jsn')
  const [out, errors]: [string[], string[]] = [[], []]
  child.stdout.on('data', (data) => out.push(String(data)))
  child.stderr.on('data', (data) => errors.push(String(data)))
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(2)
  expect(out.join('')).toBe('')
  expect(errors.join('')).toContain(
    "unknown option '--jsn'. Did you mean '--json'?\n\nusage: cascade-diffusion summary",
  )
})

test('an old Node.js is told what is needed, before anything is imported', async () => {
  const define = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })"
  const bin = fileURLToPath(new URL('bin.ts', import.meta.url))
  const loader = `--import=${import.meta.resolve('tsx')}`
  const child = spawn(process.execPath, [loader, `--import=data:text/javascript,${define}`, bin, '--help'])
  const errors: string[] = []
  child.stderr.on('data', (data) => errors.push(String(data)))
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1)
  expect(errors.join('')).toMatch(/^cascade-diffusion needs Node\.js 20\.19 or later; this is 18\.20\.8, /)
  const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  expect(engines.node).toBe('>=20.19')
  // Nothing that an old one cannot parse; the build drops the empty export.
  expect(readFileSync(bin, 'utf8')).not.toMatch(/^import |await |\?\.|\?\?/m)
})

test('a reader that goes away ends it without a message', async () => {
  const child = start('summary', 'imagenet-32', '--json')
  const errors: string[] = []
  child.stderr.on('data', (data) => errors.push(String(data)))
  child.stdout.destroy()
  expect(await new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)))).toBe(0)
  expect(errors.join('')).toBe('')
})
