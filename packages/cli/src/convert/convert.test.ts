import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { float32, type NDArray, type Params } from '@cascade-diffusion/arrays'
import type { DiffusionCascadeStage } from '@cascade-diffusion/cascade'
import { openCheckpoint, readCheckpoint, readSafetensors } from '@cascade-diffusion/checkpoints'
import { fromPretrained } from '@cascade-diffusion/pretrained'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { saveCheckpoint } from '@cascade-diffusion/training'
import { expect, test } from 'vitest'
import { tinyCascade } from '../cascade/tiny-cascade.ts'
import { run as command } from '../test-support.ts'

const run = (...args: string[]) => command('convert', ...args)

const folder = temporaryFolder()
const [{ stage, params }] = tinyCascade().stages as [DiffusionCascadeStage]
const scaled = (by: number): Params<NDArray<'float32'>> =>
  Object.fromEntries(
    Object.entries(params).map(([name, { data, shape }]) => [
      name,
      float32(
        Float32Array.from(data, (x) => by * x),
        shape,
      ),
    ]),
  )

const checkpoint = join(folder, 'checkpoint.safetensors')
const trained = (path: string, kind: string, config: unknown) =>
  saveCheckpoint(path, {
    kind,
    config,
    step: 2,
    seed: 0,
    settings: {},
    state: { params: scaled(1), averages: { slow: scaled(2), fast: scaled(3) }, optimizer: { m: scaled(4) } },
    losses: Float32Array.of(1, 2),
  })
await trained(checkpoint, 'cascade stage', { stage: stage.description })
const model = fileURLToPath(new URL('../../../unet/src/fixtures/improved-classcond/model.pt', import.meta.url))

test('a training checkpoint becomes a stage that describes itself', async () => {
  const out = join(folder, 'deep/base.safetensors')
  const { code, text } = await run(checkpoint, '--out', out)
  expect(code).toBe(0)
  expect(text).toContain("stage 'base': the averaged weights after 2 steps")
  const found = await fromPretrained(out)
  if (found.kind !== 'stage') throw new Error(found.kind)
  expect(found.stage.description).toEqual(stage.description)
  expect(found.params).toEqual(scaled(2))
  for (const [average, by] of [
    ['fast', 3],
    ['none', 1],
  ] as const) {
    const path = join(folder, `${average}.safetensors`)
    expect(await run(checkpoint, '--out', path, '--average', average)).toMatchObject({ code: 0 })
    expect((await readSafetensors(path)).tensors).toEqual(scaled(by))
  }
  expect((await run(checkpoint, '--out', join(folder, 'x.npz'), '--average', 'fats')).errors).toContain("'fats'")
  const npz = join(folder, 'base.npz')
  const { text: json } = await run(checkpoint, '--out', npz, '--json')
  expect(JSON.parse(json)).toMatchObject({ format: 'npz', step: 2, stage: 'base', written: [{ path: npz }] })
  expect(await readCheckpoint(npz)).toEqual(scaled(2))
  const again = await run(out, '--out', join(folder, 'again.npz'))
  expect(again.code).toBe(0)
  expect(await readCheckpoint(join(folder, 'again.npz'))).toEqual(scaled(2))
})

test('what is trained but no stage keeps its weights alone', async () => {
  const path = join(folder, 'model.safetensors')
  await trained(path, 'classifier', { classes: 2 })
  const out = join(folder, 'alone.safetensors')
  expect((await run(path, '--out', out)).text).toContain("it is no stage, but 'classifier'")
  expect((await readSafetensors(out)).tensors).toEqual(scaled(2))
})

test('tensors of PyTorch under their names, all of them or some', async () => {
  const expected = await readCheckpoint(model)
  const out = join(folder, 'model-pt.safetensors')
  expect((await run(model, '--out', out)).text).toContain(`${Object.keys(expected).length} tensors of ${model}`)
  const written = await readCheckpoint(out)
  expect(Object.keys(written).sort()).toEqual(Object.keys(expected).sort())
  for (const [name, { dtype, shape, data }] of Object.entries(expected)) {
    expect(written[name]).toMatchObject({ dtype, shape })
    expect(Buffer.compare(Buffer.from(written[name]!.data.buffer), Buffer.from(data.slice().buffer))).toBe(0)
  }
  const npz = join(folder, 'time.npz')
  await run(model, '--prefix', 'time_embed.', '--out', npz)
  const file = await openCheckpoint(npz)
  expect([file.format, file.names]).toEqual(['npz', ['0.weight', '0.bias', '2.weight', '2.bias']])
  expect(await file.read('2.bias')).toEqual(expected['time_embed.2.bias'])
  await file.close()
  expect((await run(model, '--prefix', 'ema.', '--out', join(folder, 'no.npz'))).errors).toContain(
    "expected tensors whose names begin with 'ema.', got time_embed.0.weight",
  )
})

test('what is refused, before anything is written', async () => {
  const failed = async (...args: string[]) => (await run(...args)).errors
  const there = join(folder, 'there.npz')
  writeFileSync(there, 'mine')
  expect(await failed(model, '--out', there)).toContain('which is there already; --force writes over it')
  expect(readFileSync(there, 'utf8')).toBe('mine')
  expect(await run(model, '--out', there, '--force', '--quiet')).toMatchObject({ code: 0 })
  expect(await failed(model, '--out', join(folder, 'x.pt'))).toContain('safetensors.torch.load_file')
  expect(await failed(model, '--out', join(folder, 'x.onnx'))).toContain('export --format onnx')
  expect(await failed(model, '--out', join(folder, 'x'))).toContain('a file that ends in .safetensors or .npz')
  expect(await failed(checkpoint, '--out', checkpoint)).toContain('expected another file than')
  expect(await failed(folder, '--out', join(folder, 'x.npz'))).toContain('got the folder')
  expect(await failed(join(folder, 'nowhere'), '--out', join(folder, 'x.npz'))).toContain('there is nothing')
  expect(await failed(model, '--out', join(folder, 'x.npz'), '--average', 'ema')).toContain('which has no averages')
  expect(await failed(checkpoint, '--out', join(folder, 'x.npz'), '--prefix', 'ema.')).toContain(
    'a training checkpoint',
  )
  const stagePath = join(folder, 'fast.safetensors')
  expect(await failed(stagePath, '--out', join(folder, 'y.safetensors'))).toContain('a stage in safetensors already')
  expect(existsSync(join(folder, 'x.npz')) || existsSync(join(folder, 'y.safetensors'))).toBe(false)
})
