import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('../testing/ending-load.ts', import.meta.url))
const folder = temporaryFolder()

/** Runs the program that ends in this way: its exit code or the signal that ended it, and what it wrote. */
function run(how: string): Promise<{ readonly end: number | string | null; readonly output: string }> {
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx']
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, program, how, folder], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 50_000,
      killSignal: 'SIGKILL',
    })
    let output = ''
    child.stdout.on('data', (text) => {
      output += text
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ end: code ?? signal, output }))
  })
}

test.each([
  ['end', 0, 'begun\n'],
  ['close', 0, 'begun\n'],
  ['await', 0, 'begun\nloaded\n'],
  ['exit', 3, 'begun\nending\n'],
  ['throw', 1, 'begun\nending\n'],
  ['interrupt', 'SIGINT', 'begun\nending\n'],
])('a process ends normally while threads load images: %s', async (how, end, output) => {
  expect(await run(how)).toEqual({ end, output })
})
