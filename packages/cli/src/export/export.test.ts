import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { baseStage, saveCascade, superResolutionStage, writeStage } from '@cascade-diffusion/cascade'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { run as command } from '../test-support.ts'

const run = (...args: string[]) => command('export', ...args)

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
  expect(onnx.text).toContain('diffusionSteps, noiseSchedule')
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

test('what is missing is an error', async () => {
  const { code, errors } = await run('/nowhere.pt', '--format', 'onnx', '--out', 'x')
  expect(code).toBe(1)
  expect(errors).toContain('error: /nowhere.pt: expected a file or a folder, there is none')
})

test('what cannot be a folder to write to is an error before anything is loaded', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'cli-export-')), 'file')
  writeFileSync(file, '')
  for (const out of [file, join(file, 'below')]) {
    const { code, errors } = await run('/nowhere.pt', '--format', 'onnx', '--out', out)
    expect([code, errors]).toEqual([1, `error: --out: expected a folder, got '${out}': ${file} is a file`])
  }
})

test('stages in the wrong order are refused, and no manifest is written; a saved cascade stands for its stages', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-export-'))
  const process = { schedule: { name: 'cosine', steps: 20 } } as const
  const size = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 }
  const common = { imageChannels: 1, process, network: size }
  const base = baseStage({ name: 'base', resolution: 4, ...common })
  const large = { name: 'sr', resolution: 8, lowResolution: 4, augmentation: { name: 'none' } } as const
  const paths: string[] = []
  for (const { name, description, network } of [superResolutionStage({ ...large, ...common }), base]) {
    paths.push(join(folder, `${name}.safetensors`))
    await writeStage(paths.at(-1)!, description, network.init(rng(0)))
  }
  const out = join(folder, 'out')
  const { code, errors } = await run(...paths, '--format', 'onnx', '--out', out)
  expect(code).toBe(1)
  expect(errors).toContain("got 'sr' (4×4 → 8×8), 'base' (4×4); the order is 'base', 'sr'")
  expect(existsSync(out)).toBe(false)
  expect((await run(...paths.reverse(), '--format', 'onnx', '--out', out)).code).toBe(0)

  const sampling = { sampler: { name: 'ddim' } } as const
  const stages = [base, superResolutionStage({ ...large, ...common })].map((stage) => ({
    stage,
    params: stage.network.init(rng(0)),
    sampling,
  }))
  const saved = join(folder, 'saved')
  await saveCascade(saved, { stages })
  const ofFolder = join(folder, 'of-folder')
  expect((await run(saved, '--format', 'onnx', '--out', ofFolder)).code).toBe(0)
  expect(readdirSync(ofFolder)).toEqual(readdirSync(out))
  const two = await run(saved, '--format', 'diffusers', '--out', join(folder, 'x'))
  expect([two.code, two.errors]).toEqual([2, expect.stringContaining('expected one network, got the 2 of')])
})
