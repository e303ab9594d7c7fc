import { expect, test } from 'vitest'
import { main } from './main.ts'

const run = async (...args: string[]) => {
  const lines: string[] = []
  const code = await main(args, { log: (line) => lines.push(line), signal: new AbortController().signal })
  return { code, text: lines.join('\n') }
}

test('lists its commands', async () => {
  const { code, text } = await run('--help')
  expect(code).toBe(0)
  for (const name of ['quickstart', 'export', 'summary', 'doctor', 'backends']) expect(text).toContain(name)
  expect((await run()).code).toBe(2)
})

test('says how a command is called', async () => {
  const { code, text } = await run('quickstart', '--help')
  expect(code).toBe(0)
  expect(text).toContain('--dataset')
})

test.each([
  [['paint'], "unknown command 'paint'"],
  [['quickstart', '--quick'], "Unknown option '--quick'"],
  [['quickstart', '--seed', 'lucky'], "--seed: expected a whole number from 0, got 'lucky'"],
  [['quickstart', '--dataset', 'imagenet'], "--dataset: expected mnist or dicebear, got 'imagenet'"],
  [
    ['quickstart', '--backend', 'tpu'],
    "--backend: expected jit or jit-cuda or jit-webgpu or jit-wasm or node or node-gpu or cpu, got 'tpu'",
  ],
  [['backends'], "backends: expected install or list or remove, got ''"],
  [['backends', 'install', 'tpu'], "backends install: expected node or node-gpu or cuda, got 'tpu'"],
  [['backends', 'install', 'node', 'cuda'], "expected one name, got also 'cuda'"],
  [['doctor', 'now'], "Unexpected argument 'now'"],
])('%j is called wrongly', async (args, message) => {
  const { code, text } = await run(...args)
  expect(code).toBe(2)
  expect(text).toContain(message)
})
