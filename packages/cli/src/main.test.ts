import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng } from '@cascade-diffusion/data'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { main } from './main.ts'
import { run } from './test-support.ts'

const names = ['quickstart', 'export', 'summary', 'data', 'doctor', 'backends']

test('lists its commands', async () => {
  const { code, text, errors } = await run('--help')
  expect([code, errors]).toEqual([0, ''])
  for (const name of names) expect(text).toContain(name)
})

test.each([
  ['quickstart', '--help'],
  ['help', 'quickstart'],
  ['quickstart', '-h'],
])('%s %s: how it is called', async (...args) => {
  const { code, text, errors } = await run(...args)
  expect([code, errors]).toEqual([0, ''])
  expect(text).toContain('--dataset')
})

test('says its version', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  expect(await run('--version')).toEqual({ code: 0, text: version, errors: '' })
})

/** What is called wrongly, and what is said about it. */
const mistakes: [args: string[], message: string][] = [
  [[], 'expected a command\n'],
  [['paint'], "unknown command 'paint'\n"],
  [['sumary'], "unknown command 'sumary'. Did you mean 'summary'?"],
  [['toString'], "unknown command 'toString'\n"],
  [['help', 'exprot'], "unknown command 'exprot'. Did you mean 'export'?"],
  [['--verson'], "unknown option '--verson'. Did you mean '--version'?"],
  [['quickstart', '--fats'], "unknown option '--fats'. Did you mean '--fast'?"],
  [['quickstart', '-x'], "unknown option '-x'\n"],
  [['quickstart', 'mnist'], "too many arguments for 'quickstart'. Expected 0 arguments but got 1."],
  [['quickstart', '--seed'], "option '--seed <N>' argument missing"],
  [['quickstart', '--seed', 'lucky'], "--seed: expected a whole number from 0, got 'lucky'"],
  [['quickstart', '--seed='], "--seed: expected a whole number from 0, got ''"],
  [['quickstart', '--out='], '--out: expected FOLDER, got nothing'],
  [['quickstart', '--fast=yes'], "option '--fast' takes no value"],
  [['quickstart', '--stages.0.steps', '3'], "unknown option '--stages.0.steps'\n"],
  [['quickstart', '--dataset', 'mnits'], "--dataset: expected mnist or dicebear, got 'mnits'. Did you mean 'mnist'?"],
  [['quickstart', '--backend', 'jit-gpu'], "got 'jit-gpu'. Did you mean"],
  [
    ['quickstart', '--backend', 'tpu'],
    "--backend: expected jit, jit-cuda, jit-webgpu, jit-wasm, node, node-gpu or cpu, got 'tpu'",
  ],
  [['export', 'a'], '--format: expected onnx, safetensors or diffusers, got nothing'],
  [['export', 'a', '--format', 'onx', '--out', 'x'], "got 'onx'. Did you mean 'onnx'?"],
  [['export', 'a', '--format', 'onnx'], '--out: expected FOLDER, got nothing'],
  [['export', '--format', 'onnx', '--out', 'x'], "missing required argument 'CHECKPOINT'"],
  [['export', '--formt', 'onnx'], "unknown option '--formt'. Did you mean '--format'?"],
  [
    ['export', 'a', '--format', 'diffusers', '--out', 'x', '--float16'],
    '--float16: expected --format onnx, got diffusers',
  ],
  [['export', 'a', 'b', '--format', 'diffusers', '--out', 'x'], 'expected one checkpoint, got a b'],
  [
    ['export', 'a', '--format', 'onnx', '--out', 'x', '--image-size', '0'],
    "--image-size: expected a whole number from 1, got '0'",
  ],
  [['summary', 'a', 'b'], "too many arguments for 'summary'. Expected 1 argument but got 2."],
  [['summary', 'lsun-64', '--by', 'layers'], "--by: expected block or layer, got 'layers'. Did you mean 'layer'?"],
  [['summary', 'lsun-64', '--flags=--num_heads 4'], '--flags: expected a .pt file'],
  [['summary', 'imagenet-33'], "got 'imagenet-33'. Did you mean 'imagenet-32'?\nPresets: imagenet-32, "],
  [['data'], 'expected a command of data: inspect, prepare\n'],
  [['data', 'inspct'], "unknown command 'inspct'. Did you mean 'inspect'?"],
  [['doctor', 'now'], "too many arguments for 'doctor'"],
  [['doctor', '--jsn'], "unknown option '--jsn'. Did you mean '--json'?"],
  [['backends'], 'expected a command of backends: install, list, remove\n'],
  [['backends', 'instal'], "unknown command 'instal'. Did you mean 'install'?"],
  [['backends', 'install'], "missing required argument 'NAME'"],
  [['backends', 'install', 'tpu'], "NAME: expected node, node-gpu or cuda, got 'tpu'"],
  [['backends', 'install', 'node', 'cuda'], "too many arguments for 'install'"],
  [['backends', 'list', 'cuda'], "too many arguments for 'list'"],
  [['backends', 'list', '--index', 'x'], "unknown option '--index'"],
]

test.each(mistakes)('%j is called wrongly', async (args, message) => {
  const { code, text, errors } = await run(...args)
  expect([code, text]).toEqual([2, ''])
  expect(`${errors}\n`).toContain(message)
  // How the command is called, in a few lines, and not all that its help says.
  expect(errors).toContain(`\nusage: cascade-diffusion ${names.includes(args[0]!) ? args[0] : 'COMMAND [options]'}`)
  expect(errors.split('\n').length).toBeLessThan(9)
})

test('every command is among the mistakes', () => {
  expect(new Set(mistakes.flatMap(([[name]]) => (names.includes(name!) ? [name] : [])))).toEqual(new Set(names))
})

test('what a program does not take errors from goes to stderr', async () => {
  const written: string[] = []
  const { write } = process.stderr
  process.stderr.write = (text) => written.push(String(text)) > 0
  try {
    expect(await main(['paint'], { log: () => {}, signal: new AbortController().signal })).toBe(2)
  } finally {
    process.stderr.write = write
  }
  expect(written.join('')).toContain("unknown command 'paint'")
})

test('--json prints one value on stdout, with what was written; --quiet nothing on the way', async () => {
  const folder = temporaryFolder()
  const picture = (i: number) => ({ shape: [8, 8, 3] as const, data: new Uint8Array(192).fill(i) })
  for (let i = 0; i < 3; i++) writeFileSync(join(folder, `${i}.png`), encodePng(picture(i)))
  const shown: string[] = []
  const printed = async (...args: string[]) => {
    const [lines, errors]: [string[], string[]] = [[], []]
    const code = await main(args, {
      log: (line) => lines.push(line),
      error: (line) => errors.push(line),
      progress: { write: (text: string) => shown.push(text) },
      signal: new AbortController().signal,
    })
    return { code, lines, errors }
  }
  const page = join(folder, 'page.html')
  const found = await printed('data', 'inspect', folder, '--json', '--page', page)
  expect([found.code, found.lines.length, found.errors]).toEqual([0, 1, []])
  expect(JSON.parse(found.lines[0]!)).toMatchObject({ count: 3, written: [{ what: 'page', path: page }] })
  expect(shown.join('')).toContain('inspecting')
  shown.length = 0
  const quiet = await printed('data', 'inspect', folder, '--quiet')
  expect([quiet.code, quiet.errors, shown]).toEqual([0, [], []])
  expect(quiet.lines.join('')).toContain('3 images')
  const failed = await printed('data', 'inspect', join(folder, 'nowhere'), '--json')
  expect([failed.code, failed.lines.length, failed.errors.length]).toEqual([1, 1, 1])
  expect(JSON.parse(failed.lines[0]!)).toEqual({
    error: { code: 'file', message: expect.stringContaining('nowhere, there is none') },
  })
  const wrong = await printed('data', 'inspct', '--json')
  expect([wrong.code, wrong.lines.length]).toEqual([2, 1])
  expect(JSON.parse(wrong.lines[0]!).error.code).toBe('usage')
})
