import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../testing/ending-run.ts', import.meta.url))

/** Runs the program that ends in this way: its exit code or the signal that ended it, and what it wrote. */
function run(how: string): Promise<{ readonly end: number | string | null; readonly output: string }> {
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx']
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, program, how], {
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
  ['end', 0],
  ['exit', 3],
  ['throw', 1],
  ['interrupt', 'SIGINT'],
])('a process ends normally with sessions that were not disposed of, and during runs: %s', async (how, end) => {
  const result = await run(how)
  expect(result).toEqual({ end, output: how === 'end' ? 'begun\n' : 'begun\nending\n' })
})

test('a thread that uses jit ends when it is asked to, time after time', async () => {
  expect(await run('threads')).toEqual({ end: 0, output: '5 5 5 ' })
})
