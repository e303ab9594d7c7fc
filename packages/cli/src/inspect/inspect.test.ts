import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { int32 } from '@cascade-diffusion/arrays'
import { type DiffusionCascadeStage, trainStage, writeStage } from '@cascade-diffusion/cascade'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { encodePng, imageDataset } from '@cascade-diffusion/data'
import { writeOnnx } from '@cascade-diffusion/export'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { savedTinyCascade, tinyCascade } from '../cascade/tiny-cascade.ts'
import { run } from '../test-support.ts'
import { shownBytes } from './found.ts'

const folder = temporaryFolder()
const [base, sr] = tinyCascade().stages as [DiffusionCascadeStage, DiffusionCascadeStage]
const cascade = await savedTinyCascade(join(folder, 'run/cascade'))

/** What is printed for people, and for programs. */
async function inspected(path: string) {
  const { code, text, errors } = await run('inspect', path)
  expect([code, errors]).toEqual([0, ''])
  return { text, json: JSON.parse((await run('inspect', path, '--json')).text) }
}

const fixture = (name: string) => fileURLToPath(new URL(`../../../unet/src/fixtures/${name}`, import.meta.url))

test('a training checkpoint: what it is of, and to which step', async () => {
  const dataset = imageDataset({
    name: 'noise',
    images: { shape: [8, 8, 8, 3], data: Uint8Array.from(rng(1).integers([8 * 192], 0, 256).data) },
    labels: Int32Array.from([0, 1, 0, 1, 0, 1, 0, 1]),
    classNames: ['left', 'right'],
  })
  const path = join(folder, 'base.safetensors')
  const { losses } = await trainStage({
    stage: base.stage,
    dataset,
    steps: 3,
    batchSize: 4,
    learningRate: 1e-3,
    seed: 7,
    compile: jit,
    checkpoint: { path, every: 3 },
  })
  const { text, json } = await inspected(path)
  const mean = losses.reduce((sum, x) => sum + x, 0) / 3
  const parameters = Object.values(base.params).reduce((sum, { data }) => sum + data.length, 0)
  expect(text).toMatch(/base\.safetensors: training checkpoint, [\d.]+ kB\n/)
  expect(text).toContain("  stage     'base', a base\n")
  expect(text).toContain('  images    8×8, 3 channels\n')
  expect(text).toContain('  classes   2: left, right\n')
  expect(text).toContain(`U-Net, 8 channels × (1, 2), ${parameters.toLocaleString('en-US')} parameters`)
  expect(text).toContain('  process   cosine schedule of 20 steps, predicts epsilon')
  expect(text).toContain(`  trained   3 steps, mean loss of the last 3: ${mean.toPrecision(4)}`)
  expect(text).toContain(`cascade-diffusion convert ${path} --out base.safetensors`)
  expect(json).toMatchObject({ kind: 'training checkpoint', of: 'cascade stage', step: 3, seed: 7, parameters })
  expect(json.stage).toEqual(JSON.parse(JSON.stringify(base.stage.description)))
  expect(json.loss).toBeCloseTo(mean, 6)
})

test('a stage, a cascade, an export', async () => {
  const path = join(folder, "a stage's.safetensors")
  await writeStage(path, sr.stage.description, sr.params)
  const { text, json } = await inspected(path)
  expect(text).toContain('stage of a cascade')
  expect(text).toContain("'sr', a super-resolution stage")
  expect(text).toContain('8×8 → 16×16, 3 channels')
  expect(text).toContain('gaussian-noise, levels s up to 15')
  expect(text).toContain(`export '${folder}/a stage'\\''s.safetensors' --format onnx`)
  expect(json.stage.lowResolution).toBe(8)

  const saved = await inspected(cascade)
  expect(saved.text).toContain('saved cascade')
  expect(saved.text).toMatch(/base +8×8, 3 channels; U-Net.*; classes 2: left, right; ddim, 3 steps\n/)
  expect(saved.text).toMatch(/sr +8×8 → 16×16, 3 channels; U-Net.*; ddim, 3 steps; s = 6\n/)
  expect(saved.text).toContain(`cascade-diffusion sample ${cascade}`)
  expect(saved.text).toContain(`cascade-diffusion upscale ${cascade} photo.png`)
  expect(saved.json.stages[1]).toMatchObject({ level: 6, sampling: { sampler: { name: 'ddim', eta: 1 } } })
  expect((await inspected(join(cascade, 'cascade.json'))).json.stages).toEqual(saved.json.stages)

  await writeOnnx([base], join(folder, 'onnx'))
  expect((await inspected(join(folder, 'onnx'))).text).toMatch(/export to ONNX.*\n +base +8×8×3, float32/)
  expect((await inspected(join(folder, 'onnx/base.onnx'))).json.kind).toBe('ONNX model')
})

test('samples, finished or not', async () => {
  const out = join(folder, 'samples')
  await run('sample', cascade, '--count', '3', '--all-stages', '--out', out)
  const { text, json } = await inspected(out)
  expect(text).toMatch(/samples: samples,.*\n +images +3\n +base +8×8, 3 channels, in .*samples\/base\n +sr +16×16/)
  expect(json).toMatchObject({ kind: 'samples', count: 3, labels: [0, 1, 0] })
  const npz = join(folder, 'samples.npz')
  await run('sample', cascade, '--count', '3', '--out', npz)
  expect((await inspected(npz)).json).toMatchObject({ kind: 'samples', count: 3 })
  const state = join(folder, 'stopped')
  mkdirSync(state)
  writeFileSync(join(state, 'samples.partial.json'), JSON.stringify({ count: 9, done: 4 }))
  expect((await inspected(state)).text).toContain('unfinished samples')
  expect((await inspected(state)).text).toContain('4 of 9; the same call resumes')
})

test('weights of others: their network, or why there is none', async () => {
  const { text, json } = await inspected(fixture('improved-classcond/model.pt'))
  expect(text).toContain("weights in PyTorch's format")
  expect(text).toMatch(/tensors +\d+ tensors of [\d,]+ numbers: time_embed\.0\.weight \[128,32\]/)
  expect(text).toMatch(/network +not recognised: set the flags \(--flags='…'\) imageSize/)
  expect(json.tensors['time_embed.0.weight']).toEqual({ dtype: 'float32', shape: [128, 32] })
  const flags = '--flags=--image_size 16 --num_heads 2 --use_new_attention_order False'
  const known = await run('inspect', fixture('improved-classcond/model.pt'), flags)
  expect(known.text).toMatch(/network +U-Net, 32 channels × \(.*\) of guided-diffusion; assumed: /)
  expect(known.text).toMatch(/process +linear schedule of 1,000 steps, predicts epsilon/)
  const path = join(folder, 'other.safetensors')
  await writeSafetensors(path, { a: int32([1, 2, 3]) }, { made: 'by hand' })
  const other = await inspected(path)
  expect(other.json).toMatchObject({
    format: 'safetensors',
    metadata: { made: 'by hand' },
    parameters: 3,
    network: null,
  })
  expect(other.text).toContain(`cascade-diffusion convert ${path} --out weights.npz`)
})

test('images are for data inspect and upscale', async () => {
  const path = join(folder, 'photos/a.png')
  mkdirSync(join(folder, 'photos'))
  writeFileSync(path, encodePng({ shape: [2, 2, 3], data: new Uint8Array(12) }))
  expect((await inspected(path)).text).toContain(`upscale CASCADE ${path}`)
  expect((await inspected(join(folder, 'photos'))).text).toContain(`data inspect ${join(folder, 'photos')}`)
})

test('what it is not, and what is damaged', async () => {
  const failed = async (path: string) => {
    const { code, errors } = await run('inspect', path)
    expect(code).toBe(1)
    return errors
  }
  expect(await failed(join(folder, 'nowhere'))).toContain('there is nothing')
  mkdirSync(join(folder, 'empty'))
  expect(await failed(join(folder, 'empty'))).toContain('got an empty folder')
  const cut = join(folder, 'cut.safetensors')
  writeFileSync(cut, readFileSync(join(cascade, 'sr.safetensors')).subarray(0, 5000))
  expect(await failed(cut)).toContain('cut.safetensors')
  writeFileSync(join(folder, 'notes.txt'), 'hello')
  expect(await failed(join(folder, 'notes.txt'))).toContain('a text that begins with "hello"')
  mkdirSync(join(folder, 'bad'))
  writeFileSync(join(folder, 'bad/cascade.json'), '{')
  expect(await failed(join(folder, 'bad'))).toContain('expected JSON in')
})

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1.00 kB'],
  [123_456_789, '123 MB'],
  [5e12, '5.00 TB'],
])('%d in words', (bytes, words) => {
  expect(shownBytes(bytes)).toBe(words)
})
