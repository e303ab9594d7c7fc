import { expect, test } from 'vitest'
import { commands } from '../commands.ts'
import { run } from '../test-support.ts'
import { candidates } from './candidates.ts'

const words = (...line: string[]) => candidates(commands, line).map(({ word }) => word)

test.each([
  [['exp'], ['export']],
  [
    ['data', ''],
    ['inspect', 'prepare'],
  ],
  [
    ['backends', 'install', ''],
    ['node', 'node-gpu', 'cuda'],
  ],
  [['backends', 'install', 'c'], ['cuda']],
  [['export', 'a', '--fo'], ['--format']],
  [
    ['export', 'a', '--format', ''],
    ['onnx', 'safetensors', 'diffusers'],
  ],
  [['export', 'a', '--out', ''], []],
  [['export', ''], []],
  [['data', 'prepare', '--shard'], ['--shard-images']],
  [
    ['doctor', '--'],
    ['--json', '--quiet', '--help'],
  ],
  [['paint', ''], []],
])('%j', (line, found) => expect(words(...line)).toEqual(found))

test('nothing at all lists the commands', () => {
  expect(words('')).toEqual(commands.map(({ name }) => name))
  expect(words()).toEqual(words(''))
})

test('shells ask the program itself', async () => {
  expect(await run('--complete', 'quickstart', '--dataset', 'm')).toEqual({ code: 0, text: 'mnist\t', errors: '' })
  for (const shell of ['bash', 'zsh', 'fish'])
    expect((await run('completion', shell)).text).toContain('cascade-diffusion --complete')
})
