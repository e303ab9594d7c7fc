import { join } from 'node:path'
import { cascadeSampler, readCascade, saveCascade, type TrainedStage, trainStage } from '@cascade-diffusion/cascade'
import { imageDataset } from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, expectTypeOf, test } from 'vitest'
import { pipelineCascade, presetSampling, presetTraining } from './build.ts'
import { type Pipeline, pipelineNamed, pipelines } from './pipelines.ts'
import type { Preset } from './preset.ts'
import { shrunk } from './shrunk.ts'

const side = 64
const dataset = imageDataset({
  name: 'noise',
  images: { shape: [4, side, side, 3], data: Uint8Array.from(rng(1).integers([4 * side * side * 3], 0, 256).data) },
  labels: [0, 1, 0, 1],
  classNames: ['even', 'odd'],
})

const tiny = { baseChannels: 8, residualBlocks: 1, divisor: 4, trainingSteps: 2, batchSize: 2, samplingSteps: 3 }

const trained = new Map<string, TrainedStage>()

/** A trained stage; once, where two pipelines have it. */
async function trainedStage(preset: Preset): Promise<TrainedStage> {
  const training = presetTraining(preset, dataset)
  const { losses, ema } = await trainStage({ ...training, seed: 1, compile: jit })
  expect(Array.from(losses, Number.isFinite), preset.name).toEqual([true, true])
  const stage = { stage: training.stage, params: ema }
  trained.set(preset.name, stage)
  return stage
}

test.each(Object.keys(pipelines))('%s is trained, sampled, saved and loaded, at another size', async (name) => {
  const pipeline = shrunk(pipelineNamed(name), tiny)
  const stages: TrainedStage[] = []
  for (const preset of pipeline) stages.push(trained.get(preset.name) ?? (await trainedStage(preset)))
  const folder = join(temporaryFolder(), name)
  await saveCascade(folder, pipelineCascade(pipeline, stages))
  const cascade = await readCascade(folder)
  const chosen = cascade.stages.map(({ sampling, level }) => ({ sampling, level }))
  expect(chosen).toEqual(
    pipeline.map((preset) => ({ sampling: presetSampling(preset), level: preset.inference.level })),
  )

  const sampler = cascadeSampler(cascade, { compile: jit })
  const conditional = pipeline[0].numClasses !== null
  const images = await sampler.sample({ count: 2, labels: conditional ? 'balanced' : undefined, rng: rng(2) })
  await sampler.dispose()
  expect(images.map(({ shape }) => shape)).toEqual(
    pipeline.map(({ stage: { resolution } }) => [2, resolution, resolution, 3]),
  )
  for (const { data } of images) expect(data.every((x) => x >= -1 && x <= 1)).toBe(true)
})

test('a pipeline has a name', () => {
  expect(pipelineNamed('imagenet-128')).toBe(pipelines['imagenet-128'])
  expectTypeOf(pipelineNamed('lsun')).toEqualTypeOf<typeof pipelines.lsun>()
  expectTypeOf(pipelineNamed('lsun' as string)).toEqualTypeOf<Pipeline>()
  expect(() => pipelineNamed('imagenet-265')).toThrow("got 'imagenet-265'. Did you mean 'imagenet-256'?")
  expect(() => pipelineNamed('toString')).toThrow(
    "pipelineNamed: expected a pipeline, one of 'imagenet-128', 'imagenet-256', 'imagenet-16-64', 'lsun'; got 'toString'",
  )
})
