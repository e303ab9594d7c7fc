import { spawn } from 'node:child_process'
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

test('a reader that goes away ends it without a message', async () => {
  const child = start('summary', 'imagenet-32', '--json')
  const errors: string[] = []
  child.stderr.on('data', (data) => errors.push(String(data)))
  child.stdout.destroy()
  expect(await new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)))).toBe(0)
  expect(errors.join('')).toBe('')
})
