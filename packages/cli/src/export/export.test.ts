import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { main } from '../main.ts'

const run = async (...args: string[]) => {
  const lines: string[] = []
  const code = await main(['export', ...args], {
    log: (line) => lines.push(line),
    signal: new AbortController().signal,
  })
  return { code, text: lines.join('\n') }
}

const checkpoint = fileURLToPath(new URL('../../../unet/src/fixtures/improved-classcond/model.pt', import.meta.url))
const flags = ['--flags=--image_size 16 --num_heads 2 --use_new_attention_order False']

test('a .pt file becomes each of the formats', async () => {
  const out = mkdtempSync(join(tmpdir(), 'cli-export-'))
  const onnx = await run(
    checkpoint,
    '--format',
    'onnx',
    '--out',
    join(out, 'onnx'),
    '--float16',
    '--name',
    'small',
    ...flags,
  )
  expect(onnx).toMatchObject({ code: 0 })
  expect(onnx.text).toContain('nobody tells diffusionSteps, noiseSchedule')
  expect(readdirSync(join(out, 'onnx')).sort()).toEqual(['cascade.json', 'small.onnx'])
  const { stages } = JSON.parse(readFileSync(join(out, 'onnx/cascade.json'), 'utf8'))
  expect(stages[0]).toMatchObject({ precision: 'float16', image: [16, 16, 3], outChannels: 6 })

  await run(checkpoint, '--format', 'safetensors', '--out', join(out, 'ours'), ...flags)
  expect(readdirSync(join(out, 'ours'))).toEqual(['unet.safetensors'])
  // What was exported says what it is.
  const again = await run(join(out, 'ours/unet.safetensors'), '--format', 'diffusers', '--out', join(out, 'diffusers'))
  expect(again.code).toBe(0)
  expect(readdirSync(join(out, 'diffusers')).sort()).toEqual([
    ...['config.json', 'diffusion_pytorch_model.safetensors', 'scheduler_config.json'],
  ])
})

test.each([
  [[], "--format: expected onnx or safetensors or diffusers, got ''"],
  [['--format', 'onnx'], '--out: expected a folder'],
  [['--format', 'onnx', '--out', 'x'], 'expected a checkpoint'],
  [['a', '--format', 'diffusers', '--out', 'x', '--float16'], '--float16: expected --format onnx, got diffusers'],
  [['a', 'b', '--format', 'diffusers', '--out', 'x'], 'expected one checkpoint'],
])('%j is called wrongly', async (args, message) => {
  const { code, text } = await run(...args)
  expect(code).toBe(2)
  expect(text).toContain(message)
})

test('what is missing is an error', async () => {
  const { code, text } = await run('/nowhere.pt', '--format', 'onnx', '--out', 'x')
  expect(code).toBe(1)
  expect(text).toContain('error: /nowhere.pt: expected a file or a folder, there is none')
})
