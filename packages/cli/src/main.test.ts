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
  expect(text).toContain('quickstart')
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
])('%j is called wrongly', async (args, message) => {
  const { code, text } = await run(...args)
  expect(code).toBe(2)
  expect(text).toContain(message)
})
