import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { int32, type NDArray } from '@cascade-diffusion/arrays'
import { cascadeSampler, type TrainedStage } from '@cascade-diffusion/cascade'
import { ddim } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference, temporaryFolder } from '@cascade-diffusion/testing'
import * as ort from 'onnxruntime-node'
import { beforeAll, expect, test } from 'vitest'
import type { ExportedCascade, ExportedStage } from './manifest.ts'
import { base, drawn, superResolving } from './test-support.ts'
import { writeOnnx } from './write-onnx.ts'

const stages = [drawn(base), drawn(superResolving)]
const steps = [49, 35, 20, 8, 0]
const labels = int32([1, 0, 1])
const level = 7
let expected: NDArray<'float32'>[]
beforeAll(async () => {
  const sampler = cascadeSampler(
    { stages: stages.map((stage) => ({ ...stage, sampling: { sampler: ddim(), steps } })) },
    { compile: jit },
  )
  expected = await sampler.sample({ count: 3, labels, levels: [level], rng: rng(1) })
  await sampler.dispose()
})

const tensor = ({ dtype, data, shape }: NDArray) => new ort.Tensor(dtype as 'float32', data as Float32Array, shape)

/**
 * DDIM with nothing but the folder: the manifest and ONNX Runtime.
 * @param noise standard normal [n, H, W, C].
 */
async function sample(folder: string, stage: ExportedStage, noise: NDArray, given: Record<string, ort.Tensor>) {
  const session = await ort.InferenceSession.create(join(folder, stage.network))
  const { alphasCumprod, noise: inputs } = stage.steps!
  const n = noise.shape[0]!
  const [height, width, channels] = stage.image
  const x = Float32Array.from(noise.data)
  for (const [i, t] of steps.entries()) {
    const { output } = await session.run({
      ...given,
      xt: new ort.Tensor('float32', x, [n, height, width, channels]),
      noise: new ort.Tensor('float32', new Float32Array(n).fill(inputs[t]!), [n]),
    })
    const a = alphasCumprod[t]!
    const next = i + 1 < steps.length ? alphasCumprod[steps[i + 1]!]! : 1
    for (let k = 0; k < x.length; k++) {
      const epsilon = output!.data[Math.floor(k / channels) * stage.outChannels + (k % channels)] as number
      const x0 = Math.min(1, Math.max(-1, (x[k]! - Math.sqrt(1 - a) * epsilon) / Math.sqrt(a)))
      x[k] = Math.sqrt(next) * x0 + Math.sqrt(1 - next) * ((x[k]! - Math.sqrt(a) * x0) / Math.sqrt(1 - a))
    }
  }
  await session.release()
  return new ort.Tensor('float32', x, [n, height, width, channels])
}

async function sampleCascade(folder: string): Promise<ort.Tensor[]> {
  const cascade = JSON.parse(await readFile(join(folder, 'cascade.json'), 'utf8')) as ExportedCascade
  const [small, large] = cascade.stages as [ExportedStage, ExportedStage]
  const key = rng(1)
  const draw = (name: string, shape: readonly number[]) => key.fold(name).fold('initial').normal(shape)
  const made = await sample(folder, small, draw('small', [3, 4, 6, 3]), { label: tensor(labels) })
  const augmentation = await ort.InferenceSession.create(join(folder, large.augmentation!.file))
  const augmentationLevel = new ort.Tensor('int32', new Int32Array(3).fill(level), [3])
  const { output: lowRes } = await augmentation.run({
    lowRes: made,
    augmentationLevel,
    noise: tensor(key.fold('large').fold('augmentation').normal([3, 4, 6, 3])),
  })
  const condition = { label: tensor(labels), lowRes: lowRes!, augmentationLevel }
  return [made, await sample(folder, large, draw('large', [3, 6, 8, 3]), condition)]
}

test('a cascade is sampled from its folder alone as it is here', async () => {
  const folder = temporaryFolder()
  const manifest = await writeOnnx(stages, folder)
  expect(JSON.parse(await readFile(join(folder, 'cascade.json'), 'utf8'))).toEqual(manifest)
  expect(manifest.stages.map(({ name, network, outChannels }) => [name, network, outChannels])).toEqual([
    ['small', 'small.onnx', 3],
    ['large', 'large.onnx', 6],
  ])
  // Defaults are written out: a program that samples the folder does not know them.
  expect(manifest.stages.map(({ process }) => process)).toEqual([
    ...[
      {
        schedule: { name: 'cosine', steps: 50 },
        prediction: 'epsilon',
        variance: 'fixed-large',
        noiseInput: 'timestep',
      },
    ],
    {
      schedule: { name: 'cosine', steps: 50 },
      prediction: 'epsilon',
      variance: 'learned-range',
      noiseInput: 'rescaled-timestep',
    },
  ])
  expect(manifest.stages[1]).toMatchObject({
    inputs: {
      xt: { dtype: 'float32', shape: ['N', 6, 8, 3] },
      noise: { dtype: 'float32', shape: ['N'] },
      label: { dtype: 'int32', shape: ['N'] },
      lowRes: { dtype: 'float32', shape: ['N', 4, 6, 3] },
      augmentationLevel: { dtype: 'int32', shape: ['N'] },
    },
    classNames: ['left', 'right'],
    augmentation: { name: 'gaussian-noise', file: 'large.augmentation.onnx', maxLevel: 20 },
  })
  const images = await sampleCascade(folder)
  for (const [i, { data, dims }] of images.entries()) {
    expect(dims).toEqual(expected[i]!.shape)
    expect(greatestDifference(data as Float32Array, expected[i]!.data)).toBeLessThan(1e-4)
  }
})

test('in 16 bits the files are smaller and the images nearly the same', async () => {
  const [half, single] = [temporaryFolder(), temporaryFolder()]
  const manifest = await writeOnnx(stages, half, { precision: 'float16' })
  await writeOnnx(stages, single)
  expect(manifest.stages.map(({ precision }) => precision)).toEqual(['float16', 'float16'])
  const [small, large] = [await stat(join(half, 'large.onnx')), await stat(join(single, 'large.onnx'))]
  expect(small.size).toBeLessThan(0.75 * large.size)
  const images = await sampleCascade(half)
  const differences = expected[1]!.data.map((x, i) => Math.abs(x - (images[1]!.data[i] as number)))
  const mean = differences.reduce((sum, x) => sum + x) / differences.length
  expect(mean).toBeGreaterThan(0)
  expect(mean).toBeLessThan(5e-3)
})

test('unknown options are refused', async () => {
  const folder = temporaryFolder()
  const write = (options: object) => writeOnnx(stages, folder, options)
  await expect(write({ precison: 'float16' })).rejects.toThrow("unknown option 'precison'. Did you mean 'precision'?")
  await expect(write({ precision: 'half' })).rejects.toThrow("one of 'float32', 'float16'; got 'half'")
  expect(await readdir(folder)).toEqual([])
})

test('two stages of one name are refused', async () => {
  const folder = temporaryFolder()
  await expect(writeOnnx([stages[0]!, stages[0]!], folder)).rejects.toThrow(
    "expected different names, got 'small' twice",
  )
})

test('stages that do not follow one another are refused, and the error gives the order that does', async () => {
  const folder = temporaryFolder()
  const [small, large] = stages as [TrainedStage, TrainedStage]
  await expect(writeOnnx([large, small], folder)).rejects.toThrow(
    "each of which super-resolves what the one before it makes, got 'large' (4×6 → 6×8), 'small' (4×6); the order is 'small', 'large'",
  )
  const other = drawn({ ...base, name: 'other' })
  await expect(writeOnnx([small, other], folder)).rejects.toThrow("got 'small' (4×6), 'other' (4×6)")
  expect(await readdir(folder)).toEqual([])
})

test('what is nothing to write, or nowhere to write to, is an error', async () => {
  await expect(writeOnnx([], 'folder')).rejects.toThrow('writeOnnx: expected at least one stage or U-Net, got none')
  await expect(writeOnnx('base.safetensors' as never, 'folder')).rejects.toThrow(
    "export: expected a trained stage or a U-Net, as fromPretrained gives them, got 'base.safetensors'",
  )
})
