// A super-resolution stage, 8×8 to 32×32, with a custom conditioning augmentation.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadStage, stageSampler, superResolutionStage, trainStage } from '@cascade-diffusion/cascade'
import { encodePng, imageGrid, readBatch, resize, transformed } from '@cascade-diffusion/data'
import { loadMnist } from '@cascade-diffusion/datasets'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { cosineRate } from '@cascade-diffusion/training'
import { pixelDropout } from './pixel-dropout.ts'

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '1200' }, out: { type: 'string', default: 'runs' } },
})
const checkpoint = { path: join(values.out, 'super-resolution.safetensors') }
await mkdir(values.out, { recursive: true })

const dataset = await loadMnist({ split: 'train' })
const stage = superResolutionStage({
  name: 'super-resolution',
  resolution: 32,
  lowResolution: 8,
  imageChannels: 1,
  classNames: dataset.classNames,
  process: { schedule: { name: 'cosine', steps: 1000 } },
  augmentation: pixelDropout,
  network: { patchSize: 2, baseChannels: 32, channelMultipliers: [1, 2], residualBlocks: 1, normGroups: 8 },
})
const trainingSteps = Number(values.steps)
await trainStage({
  stage,
  dataset,
  steps: trainingSteps,
  batchSize: 16,
  averages: { ema: { decay: 0.99 } },
  seed: 0,
  compile: jit,
  learningRate: cosineRate(2e-3, trainingSteps, { warmup: 20 }),
  checkpoint,
  progress: ({ step, steps, loss }) => {
    if (step % 50 === 0 || step === steps) console.log(`${step}/${steps}: loss ${loss.toFixed(3)}`)
  },
})

// A checkpoint has the description of an augmentation, not its code, which is handed in again.
const trained = await loadStage(checkpoint.path, { augmentation: pixelDropout })
const sampler = stageSampler(trained, {
  sampler: { name: 'ddim', eta: 1 },
  steps: { count: 25, from: 979, to: 19 },
  compile: jit,
})

// Unseen digits at low resolution. Each row super-resolves them with more of their pixels blanked.
const test = transformed(await loadMnist({ split: 'test' }), resize({ size: stage.lowSize }))
const { image: lowRes, label: labels } = await readBatch(test, [3, 2, 1, 18, 4, 8, 11, 0, 61, 7])
const cells = [[lowRes]]
for (const level of [0, 3, 6, 9]) {
  cells.push([await sampler.sample({ count: 10, labels, lowRes, level, rng: rng(0) })])
  console.log(`level ${level}: 10 images`)
}
await sampler.dispose()

const picture = join(values.out, 'samples.png')
await writeFile(picture, encodePng(imageGrid(cells)))
console.log(`samples: ${picture}`)
